/** A preset file: read, checked, joined with what it extends. */

import {type ExpectedError, usageError} from '../../errors.ts';
import {findServer} from '../servers/index.ts';
import {JsonFault, parseWithPlaces} from './json-places.ts';
import type {LogRules, Preset} from './preset.ts';
import {type PresetProblem, presetProblem} from './preset-check.ts';
import {fileProblem, wholeProblem} from './preset-rules.ts';
import {didYouMean, quoted, type Suggest} from './suggest.ts';

/** The content of a file (schema/preset-1.json): all but the title may come from what it extends. */
export interface PresetFile extends Partial<Omit<Preset, 'id' | 'title' | 'ask' | 'ready' | 'log' | 'stop' | 'model'>> {
	readonly extends?: string;
	readonly title: string;
	readonly ask?: Partial<Preset['ask']>;
	readonly ready?: Partial<Preset['ready']>;
	readonly log?: Partial<LogRules>;
	readonly stop?: Partial<Preset['stop']>;
	readonly model?: Partial<NonNullable<Preset['model']>>;
}

/** A file that has the form of a preset. */
export interface PresetSource {
	readonly file: PresetFile;
	/** Of a rule that it breaks after all: says the file, the line and the rule. Exit 2. */
	readonly fault: (problem: PresetProblem) => ExpectedError;
}

/** Reads the text of a file. Throws `ExpectedError`, exit 2, with the name, the line and the rule that is broken. */
export function readPresetText(text: string, name: string, suggest: Suggest): PresetSource {
	const {value, lineOf} = places(text, name);
	return checked(value, (problem) => invalid(name, lineOf(problem.path), problem, suggest));
}

/** A shipped file, which has been parsed already. What is wrong with it is a bug. */
export function readShipped(value: unknown, id: string): PresetSource {
	return checked(value, (problem) => {
		throw new Error(`presets/servers/${id}.json: ${place(problem)} ${problem.message}`);
	});
}

function checked(value: unknown, fault: PresetSource['fault']): PresetSource {
	const problem = presetProblem(value);
	if (problem !== undefined) throw fault(problem);
	// The schema says the same as the type; a test holds them together.
	const file = value as PresetFile;
	const rule = fileProblem(file);
	if (rule !== undefined) throw fault(rule);
	return {file, fault};
}

function places(text: string, name: string): ReturnType<typeof parseWithPlaces> {
	try {
		return parseWithPlaces(text.replace(/^\ufeff/, ''));
	} catch (error) {
		if (!(error instanceof JsonFault)) throw error;
		throw usageError(`${name}, line ${error.line}: this is no JSON: ${error.message}.`);
	}
}

function invalid(name: string, line: number, problem: PresetProblem, suggest: Suggest): ExpectedError {
	const {message, unknown} = problem;
	const near = unknown === undefined ? '' : didYouMean(suggest(unknown.name, unknown.known));
	return usageError(
		`${name}, line ${line}: ${place(problem)} ${message}.${near}`,
		'schema/preset-1.json describes what a preset file may hold.',
	);
}

/** `log.failures[2].advice`; `the file` for the whole. */
function place({path}: PresetProblem): string {
	const steps = path.map((step, index) =>
		typeof step === 'number'
			? `[${step}]`
			: /^[\w$-]+$/.test(step)
				? `${index === 0 ? '' : '.'}${step}`
				: `[${quoted(step)}]`,
	);
	return steps.length === 0 ? 'the file' : steps.join('');
}

/** A file with what it extends, which must be whole already. Throws the file's fault when the two are no whole preset. */
export function joinPreset(id: string, {file, fault}: PresetSource, base: Preset | undefined): Preset {
	const need = <Value>(name: string, value: Value | undefined): Value => {
		if (value === undefined)
			throw fault({path: name.split('.'), message: 'is missing, and it extends no preset that has it'});
		return value;
	};
	const engine = need('engine', file.engine ?? base?.engine);
	const model = join(base?.model, file.model);
	const needs = join(base?.needs, file.needs);
	const ask: Partial<Preset['ask']> = {...base?.ask, ...file.ask};
	const ready: Partial<Preset['ready']> = {...base?.ready, ...file.ready};
	const preset: Preset = {
		id,
		title: file.title,
		engine,
		...(file.published === undefined ? {} : {published: file.published}),
		binaries: need('binaries', file.binaries ?? base?.binaries),
		install: need('install', file.install ?? base?.install),
		argv: need('argv', file.argv ?? base?.argv),
		environment: {...file.environment, ...without(base?.environment, file.environment)},
		parameters: {...(base?.parameters ?? ownParameters(engine)), ...file.parameters},
		ask: {
			version: need('ask.version', ask.version),
			versionPattern: need('ask.versionPattern', ask.versionPattern),
			timeoutMs: need('ask.timeoutMs', ask.timeoutMs),
			...(ask.flags === undefined ? {} : {flags: ask.flags}),
			...(ask.environment === undefined ? {} : {environment: ask.environment}),
		},
		flags: [...(file.flags ?? []), ...(base?.flags ?? [])],
		ready: {
			path: need('ready.path', ready.path),
			timeoutMs: need('ready.timeoutMs', ready.timeoutMs),
			expectedMs: need('ready.expectedMs', ready.expectedMs),
		},
		log: {
			stages: [...(file.log?.stages ?? []), ...(base?.log.stages ?? [])],
			facts: [...(file.log?.facts ?? []), ...(base?.log.facts ?? [])],
			failures: [...(file.log?.failures ?? []), ...(base?.log.failures ?? [])],
		},
		stop: {graceMs: file.stop?.graceMs ?? base?.stop.graceMs ?? usualGraceMs},
		...(model === undefined ? {} : {model: {...model, source: need('model.source', model.source)}}),
		...(needs === undefined ? {} : {needs}),
		notes: [...(file.notes ?? []), ...(base?.notes ?? [])],
	};
	const problem = wholeProblem(preset, file);
	if (problem !== undefined) throw fault(problem);
	return preset;
}

const usualGraceMs = 10_000;

/** Those that every preset has. */
function ownParameters(engine: string): Preset['parameters'] {
	const [port] = findServer(engine)?.ports ?? [];
	return {
		model: {help: 'Name of the model'},
		host: {help: 'Address on which it listens', default: '127.0.0.1'},
		port: {help: 'Port on which it listens', ...(port === undefined ? {} : {default: String(port)})},
	};
}

function join<Value extends object>(base: Value | undefined, file: Value | undefined): Value | undefined {
	return base === undefined ? file : file === undefined ? base : {...base, ...file};
}

function without(
	environment: Preset['environment'] | undefined,
	names: Preset['environment'] | undefined,
): Preset['environment'] {
	return Object.fromEntries(Object.entries(environment ?? {}).filter(([name]) => names?.[name] === undefined));
}
