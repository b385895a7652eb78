/** Which program of a preset is installed, which version it is and which flags it takes: it is asked, not guessed. */

import {access, constants, readdir, stat} from 'node:fs/promises';
import path from 'node:path';
import {execa} from 'execa';
import {type EngineFlag, flagsOf} from './engine-flags.ts';
import {type InstalledAnswer, installedCacheFile, keepAnswer, readAnswer} from './installed-cache.ts';
import type {Preset} from './preset.ts';

/** A program that was found and asked. */
export interface InstalledEngine {
	/** Full path. */
	readonly program: string;
	/** Absent: it did not say. */
	readonly version?: string;
	/** Absent: it did not say, or the preset does not ask. */
	readonly flags?: readonly EngineFlag[];
	/** Why it did not say its version, in a few words. */
	readonly silence?: string;
}

/** None of the preset's programs is there, or the engine is not installed for the one that is. */
export interface NotInstalled {
	/** What was looked for, and where, as a sentence. */
	readonly reason: string;
}

export interface AskOptions {
	readonly environment: NodeJS.ProcessEnv;
	readonly signal?: AbortSignal;
	/** The program is asked now, which may take a minute; not called when the answer is known. */
	readonly onAsk?: (program: string) => void;
}

/** Longest output that is read of a program, characters. */
const mostOutput = 4_000_000;

/**
 * The first of the preset's programs on the PATH whose engine is installed, asked for its version and its flags. Answers
 * are kept in the XDG cache folder and hold as long as the program is the same file. Throws the signal's reason when it
 * is aborted.
 */
export async function findInstalled(preset: Preset, options: AskOptions): Promise<InstalledEngine | NotInstalled> {
	const missing: string[] = [];
	for (const name of preset.binaries) {
		for (const program of await programsNamed(name, options.environment)) {
			const answer = await ask(program, preset, options);
			if ('absent' in answer) missing.push(`${program} has no module ${answer.absent}`);
			else return {program, ...answer};
		}
	}
	const names = preset.binaries.length === 1 ? preset.binaries[0] : preset.binaries.join(' or ');
	const searched = `${names} is not on the PATH (${options.environment.PATH || 'which is empty'})`;
	return {reason: `${missing.length > 0 ? [...new Set(missing)].join(', ') : searched}.`};
}

/** What is known of a program from before, without asking it: of the first that is found. */
export async function knownInstalled(
	preset: Preset,
	environment: NodeJS.ProcessEnv,
): Promise<InstalledEngine | undefined> {
	for (const name of preset.binaries) {
		const [program] = await programsNamed(name, environment);
		if (program === undefined) continue;
		const {key, stamp} = await identity(program, preset);
		return {program, ...(await readAnswer(installedCacheFile(environment), key, stamp))};
	}
	return undefined;
}

/** The first of that name on the PATH that can be run; a name with a slash is a path. */
async function programsNamed(name: string, environment: NodeJS.ProcessEnv): Promise<string[]> {
	const candidates = name.includes('/')
		? [path.resolve(name)]
		: (environment.PATH ?? '')
				.split(path.delimiter)
				.filter((folder) => folder !== '')
				.map((folder) => path.resolve(folder, name));
	for (const candidate of candidates) {
		if (await isProgram(candidate)) return [candidate];
	}
	return [];
}

async function isProgram(file: string): Promise<boolean> {
	try {
		await access(file, constants.X_OK);
		return (await stat(file)).isFile();
	} catch {
		return false;
	}
}

type Answer = (InstalledAnswer & {readonly silence?: string}) | {readonly absent: string};

async function ask(program: string, preset: Preset, options: AskOptions): Promise<Answer> {
	const cache = installedCacheFile(options.environment);
	const {key, stamp} = await identity(program, preset);
	const known = await readAnswer(cache, key, stamp);
	if (known !== undefined) return known;
	options.signal?.throwIfAborted();
	options.onAsk?.(program);
	const {version: versionArguments, versionPattern, flags: flagArguments = []} = preset.ask;
	const [said, flags] = await Promise.all([
		output(program, versionArguments, preset, options),
		askFlags(program, flagArguments, preset, options),
	]);
	options.signal?.throwIfAborted();
	const [, absent] = /No module named '?([\w.]+)/.exec(said.text) ?? [];
	if (absent !== undefined) return {absent};
	const version = new RegExp(versionPattern, 'm').exec(said.text)?.[1];
	if (version === undefined)
		return {silence: said.failure ?? 'its answer holds none', ...(flags === undefined ? {} : {flags})};
	const answer = {version, ...(flags === undefined ? {} : {flags})};
	// Half an answer may be a whole one the next time.
	if (flags !== undefined || flagArguments.length === 0) await keepAnswer(cache, key, {...answer, stamp});
	return answer;
}

async function askFlags(
	program: string,
	alternatives: readonly (readonly string[])[],
	preset: Preset,
	options: AskOptions,
): Promise<readonly EngineFlag[] | undefined> {
	for (const argv of alternatives) {
		const {text, failure} = await output(program, argv, preset, options);
		const flags = failure === undefined ? flagsOf(text) : [];
		// Fewer are not the list, but a hint where to find it.
		if (flags.length >= fewestFlags) return flags;
	}
	return undefined;
}

const fewestFlags = 8;

/** What a program prints, and why that may not be all. */
async function output(
	program: string,
	argv: readonly string[],
	preset: Preset,
	{environment, signal}: AskOptions,
): Promise<{readonly text: string; readonly failure?: string}> {
	const result = await execa(program, argv, {
		env: {...environment, NO_COLOR: '1', ...preset.ask.environment},
		extendEnv: false,
		stdin: 'ignore',
		all: true,
		reject: false,
		timeout: preset.ask.timeoutMs,
		maxBuffer: mostOutput,
		forceKillAfterDelay: 2000,
		...(signal === undefined ? {} : {cancelSignal: signal}),
	});
	const text = result.all ?? '';
	if (result.timedOut) return {text, failure: `it did not answer within ${Math.round(preset.ask.timeoutMs / 1000)} s`};
	if (result.failed) return {text, failure: lastLine(text) ?? result.shortMessage ?? 'it failed'};
	return {text};
}

function lastLine(text: string): string | undefined {
	return text.trim().split('\n').at(-1)?.trim().slice(0, 200) || undefined;
}

/**
 * Which program that is. Python programs change without their file changing: the folders of their modules, which
 * change with every installation, stand for them.
 */
async function identity(program: string, {ask}: Preset): Promise<{readonly key: string; readonly stamp: string}> {
	const key = JSON.stringify([program, ask.version, ask.versionPattern, ask.flags ?? []]);
	const library = path.resolve(path.dirname(program), '../lib');
	const pythons = (await readdir(library).catch(() => [])).filter((name) => name.startsWith('python3'));
	const files = [program, ...pythons.sort().map((name) => path.join(library, name, 'site-packages'))];
	const stamps = await Promise.all(
		files.map(async (file) => {
			const found = await stat(file).catch(() => undefined);
			return found === undefined ? '-' : `${found.mtimeMs}/${found.size}`;
		}),
	);
	return {key, stamp: stamps.join(' ')};
}
