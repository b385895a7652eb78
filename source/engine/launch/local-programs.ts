/** The programs of this machine. */

import {readdir, stat} from 'node:fs/promises';
import path from 'node:path';
import {execa} from 'execa';
import {isProgram} from '../host/on-path.ts';
import type {FoundProgram, ProgramOutput, Programs, QuestionOptions} from './place.ts';

/** Longest output that is read of a program, characters. */
const mostOutput = 4_000_000;

/** Those that are found in this environment, and that run in it. */
export function localPrograms(environment: NodeJS.ProcessEnv): Programs {
	return {
		find: (name) => find(name, environment),
		path: () => environment.PATH || undefined,
		run: (program, argv, options) => run(program, argv, options, environment),
	};
}

async function find(name: string, {PATH: folders = ''}: NodeJS.ProcessEnv): Promise<FoundProgram | undefined> {
	const candidates = name.includes('/')
		? [path.resolve(name)]
		: folders
				.split(path.delimiter)
				.filter((folder) => folder !== '')
				.map((folder) => path.resolve(folder, name));
	for (const candidate of candidates) {
		if (await isProgram(candidate)) return {file: candidate, stamp: await stampOf(candidate)};
	}
	return undefined;
}

async function run(
	program: string,
	argv: readonly string[],
	{environment: added, timeoutMs, signal}: QuestionOptions,
	environment: NodeJS.ProcessEnv,
): Promise<ProgramOutput> {
	const result = await execa(program, argv, {
		env: {...environment, ...added},
		extendEnv: false,
		stdin: 'ignore',
		all: true,
		reject: false,
		timeout: timeoutMs,
		maxBuffer: mostOutput,
		forceKillAfterDelay: 2000,
		...(signal === undefined ? {} : {cancelSignal: signal}),
	});
	const text = result.all ?? '';
	if (result.timedOut) return {text, failure: silence(timeoutMs)};
	if (result.failed) return {text, failure: lastLine(text) ?? result.shortMessage ?? 'it failed'};
	return {text};
}

/** A program had so long to answer. */
export function silence(timeoutMs: number): string {
	return `it did not answer within ${Math.round(timeoutMs / 1000)} s`;
}

/** What a program that failed said last; absent: nothing. */
export function lastLine(text: string): string | undefined {
	return text.trim().split('\n').at(-1)?.trim().slice(0, 200) || undefined;
}

/**
 * Python programs change without their file changing: the folders of their modules, which change with every
 * installation, stand for them.
 */
async function stampOf(program: string): Promise<string> {
	const library = path.resolve(path.dirname(program), '../lib');
	const pythons = (await readdir(library).catch(() => [])).filter((name) => name.startsWith('python3'));
	const files = [program, ...pythons.sort().map((name) => path.join(library, name, 'site-packages'))];
	const stamps = await Promise.all(
		files.map(async (file) => {
			const found = await stat(file).catch(() => undefined);
			return found === undefined ? '-' : `${found.mtimeMs}/${found.size}`;
		}),
	);
	return stamps.join(' ');
}
