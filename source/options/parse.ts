/** The command line, parsed once: words become a typed command, or an error that says what is wrong with them. */

import type {Config, Destination, OutputConfig, WatchConfig} from '../config.ts';
import {usageError} from '../errors.ts';
import {parseDestination} from './destination.ts';
import type {CommandName} from './flags.ts';
import {type Given, optional, readFlags} from './given.ts';
import {commandHelp, helpText, type KnownNames} from './help.ts';
import {parseLevels} from './levels.ts';
import {limitsConfig, loadConfig} from './load.ts';
import {parseMoment} from './moment.ts';
import {goalsConfig, outputConfig, outputFile} from './output.ts';
import {presetsCommand} from './presets.ts';
import {spell} from './spelling.ts';
import {sshConfig} from './ssh.ts';
import {startConfig} from './start.ts';
import {targetConfig} from './target.ts';
import {parseChoice, parseDecimal, shown} from './values.ts';
import {isWatch, watchConfig} from './watch.ts';
import {workConfig} from './work.ts';

const reportFormats = ['text', 'md', 'csv', 'json'] as const;
type ReportFormat = (typeof reportFormats)[number];

/** What the program is to do. */
export type Command =
	| {readonly command: 'load' | 'demo'; readonly config: Config}
	| {readonly command: 'watch'; readonly config: WatchConfig}
	| {
			readonly command: 'presets';
			/** Absent: all are listed. */
			readonly preset?: string;
			readonly settings: Readonly<Record<string, string>>;
			/** Further arguments of the server. */
			readonly extra: readonly string[];
			readonly shell: boolean;
			readonly json: boolean;
	  }
	| {
			readonly command: 'doctor';
			/** Machines to look at in place of this one; empty: this one. */
			readonly boxes: readonly Destination[];
			readonly json: boolean;
			readonly ascii: boolean;
			readonly color: boolean;
	  }
	| {readonly command: 'selftest'; readonly streams?: readonly number[]; readonly json: boolean}
	| {
			readonly command: 'report';
			/** Several: side by side. */
			readonly files: readonly [string, ...string[]];
			readonly format: ReportFormat;
	  }
	| {
			readonly command: 'replay';
			readonly file: string;
			/** Where to start, ms from the start of the session. */
			readonly atMs: number;
			/** 0.25 to 64. */
			readonly speed: number;
			readonly output: OutputConfig;
	  }
	| {readonly command: 'recover'; readonly file: string; readonly saveFile?: string}
	| {readonly command: 'help'; readonly text: string}
	| {readonly command: 'version'};

export interface ParseOptions extends KnownNames {
	readonly environment: NodeJS.ProcessEnv;
	/** The seed of a run that names none, 0 to 2³² − 1: another each time, or a second run would meet a warm cache. */
	readonly freshSeed: number;
	/** Width of the help text; default 80. */
	readonly columns?: number;
}

/**
 * Parses the words after the program's name. Opens nothing, prints nothing, never exits.
 * @throws ExpectedError with exit code 2
 */
export function parseCommandLine(argv: readonly string[], options: ParseOptions): Command {
	const {command, words, rest, extra, help, version} = spell(argv);
	const columns = options.columns ?? 80;
	if (help) {
		const general = command === 'load' || command === 'demo';
		return {command: 'help', text: general ? helpText(columns, options) : commandHelp(command, columns, options)};
	}
	if (version) return {command: 'version'};
	const given = readFlags(words);
	switch (command) {
		case 'load':
		case 'demo':
			nothingMore(command, rest);
			if (command === 'load' && isWatch(given)) return {command: 'watch', config: watchConfig(given, options, extra)};
			return {command, config: config(given, options, {demo: command === 'demo', extra})};
		case 'presets':
			return {command, ...presetsCommand(given, rest, extra)};
		case 'doctor':
			nothingMore(command, rest);
			return {
				command,
				boxes: given.all('ssh').map(parseDestination),
				json: given.has('json'),
				ascii: given.has('ascii'),
				color: !given.has('no-color'),
			};
		case 'selftest': {
			nothingMore(command, rest);
			const streams = optional(given, 'streams', (text) =>
				parseLevels('--streams', text, {least: 1, most: 65_535, whole: true}),
			);
			return {command, ...(streams === undefined ? {} : {streams}), json: given.has('json')};
		}
		case 'report':
			return {
				command,
				files: someFiles(command, rest),
				format: parseChoice('--format', given.text('format') ?? 'text', reportFormats),
			};
		case 'replay':
			return {
				command,
				file: oneFile(command, rest),
				atMs: optional(given, 'at', (text) => parseMoment('--at', text)) ?? 0,
				speed: optional(given, 'speed', (text) => parseDecimal('--speed', text, {least: 0.25, most: 64})) ?? 1,
				output: outputConfig(given),
			};
		case 'recover': {
			const saveFile = outputFile('save', given);
			return {command, file: oneFile(command, rest), ...(saveFile === undefined ? {} : {saveFile})};
		}
		default:
			throw command satisfies never;
	}
}

function config(
	given: Given,
	options: ParseOptions,
	{demo, extra}: {readonly demo: boolean; readonly extra: readonly string[]},
): Config {
	const [, second] = given.all('url');
	if (second !== undefined)
		throw usageError('Several servers can be watched, and one can be loaded.', 'Give one --url, or no load.');
	const target = targetConfig(given, options);
	const ssh = demo ? undefined : sshConfig(given, {isLoad: true});
	const start = startConfig(given, {target, extra, isElsewhere: ssh !== undefined});
	const load = loadConfig(given, {demo});
	return {
		target,
		...(ssh === undefined ? {} : {ssh}),
		...(start === undefined ? {} : {start}),
		load,
		limits: limitsConfig(given, load),
		work: workConfig(given, options),
		goals: goalsConfig(given),
		output: outputConfig(given),
	};
}

function nothingMore(command: CommandName, rest: readonly string[]): void {
	const [word] = rest;
	if (word === undefined) return;
	const name = command === 'load' ? 'llmtop' : `llmtop ${command}`;
	throw usageError(
		`${name} does not know what to do with ${shown(word)}.`,
		'Values stand behind their flag; text with blanks needs quotation marks.',
	);
}

function oneFile(command: 'replay' | 'recover', rest: readonly string[]): string {
	const [file, more] = someFiles(command, rest);
	if (more !== undefined)
		throw usageError(`llmtop ${command} takes one file, and ${shown(more)} is a second.`, exampleOf(command));
	return file;
}

function someFiles(command: 'report' | 'replay' | 'recover', rest: readonly string[]): readonly [string, ...string[]] {
	const [file, ...more] = rest;
	if (file === undefined || rest.includes('')) throw usageError(`llmtop ${command} needs a file.`, exampleOf(command));
	return [file, ...more];
}

function exampleOf(command: 'report' | 'replay' | 'recover'): string {
	return `For example: llmtop ${command} ${command === 'recover' ? 'run.journal' : 'run.json'}`;
}
