/** Which program of a preset is installed, which version it is and which flags it takes: it is asked, not guessed. */

import {type EngineFlag, flagsOf} from './engine-flags.ts';
import {type InstalledAnswer, installedCacheFile, keepAnswer, readAnswer} from './installed-cache.ts';
import {localPrograms} from './local-programs.ts';
import type {FoundProgram, ProgramOutput, Programs} from './place.ts';
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
	/** Ours: where answers are kept, and which programs are found. */
	readonly environment: NodeJS.ProcessEnv;
	/** Those of another machine. */
	readonly programs?: Programs;
	readonly signal?: AbortSignal;
	/** The program is asked now, which may take a minute; not called when the answer is known. */
	readonly onAsk?: (program: string) => void;
}

/**
 * The first of the preset's programs on the PATH whose engine is installed, asked for its version and its flags. Answers
 * are kept in the XDG cache folder and hold as long as the program is the same file. Throws the signal's reason when it
 * is aborted.
 */
export async function findInstalled(preset: Preset, options: AskOptions): Promise<InstalledEngine | NotInstalled> {
	const {environment, programs = localPrograms(environment)} = options;
	const missing: string[] = [];
	for (const name of preset.binaries) {
		const found = await programs.find(name);
		if (found === undefined) continue;
		const answer = await ask(found, preset, {...options, programs});
		if ('absent' in answer) missing.push(`${found.file} has no module ${answer.absent}`);
		else return {program: found.file, ...answer};
	}
	const names = preset.binaries.length === 1 ? preset.binaries[0] : preset.binaries.join(' or ');
	const searched = `${names} is not on the PATH (${programs.path() ?? 'which is empty'})`;
	return {reason: `${missing.length > 0 ? [...new Set(missing)].join(', ') : searched}.`};
}

/** What is known of a program of this machine from before, without asking it: of the first that is found. */
export async function knownInstalled(
	preset: Preset,
	environment: NodeJS.ProcessEnv,
): Promise<InstalledEngine | undefined> {
	const programs = localPrograms(environment);
	for (const name of preset.binaries) {
		const found = await programs.find(name);
		if (found === undefined) continue;
		const key = keyOf(found, preset, programs);
		return {program: found.file, ...(await readAnswer(installedCacheFile(environment), key, found.stamp))};
	}
	return undefined;
}

type Answer = (InstalledAnswer & {readonly silence?: string}) | {readonly absent: string};
type Asking = AskOptions & {readonly programs: Programs};

async function ask(found: FoundProgram, preset: Preset, options: Asking): Promise<Answer> {
	const {file: program, stamp} = found;
	const cache = installedCacheFile(options.environment);
	const key = keyOf(found, preset, options.programs);
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
	options: Asking,
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
function output(
	program: string,
	argv: readonly string[],
	{ask}: Preset,
	{programs, signal}: Asking,
): Promise<ProgramOutput> {
	return programs.run(program, argv, {
		environment: {NO_COLOR: '1', ...ask.environment},
		timeoutMs: ask.timeoutMs,
		...(signal === undefined ? {} : {signal}),
	});
}

/** Which program that is, and what it is asked. */
function keyOf({file}: FoundProgram, {ask}: Preset, {machine}: Programs): string {
	const asked = [file, ask.version, ask.versionPattern, ask.flags ?? []];
	return JSON.stringify(machine === undefined ? asked : [...asked, machine]);
}
