/**
 * What programs said of themselves, kept between runs: asking vLLM takes half a minute. A file of its owner in the XDG
 * cache folder; whatever is wrong with it, it is taken for empty.
 */

import {mkdir, readFile, rename, stat, unlink, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {userFolder} from '../host/user-folders.ts';
import type {EngineFlag} from './engine-flags.ts';

/** What is kept of a program. */
export interface InstalledAnswer {
	readonly version?: string;
	readonly flags?: readonly EngineFlag[];
}

interface Entry extends InstalledAnswer {
	/** The program's file when it was asked: another one means that it must be asked anew. */
	readonly stamp: string;
}

/** More programs than anybody has; the oldest go first. */
const mostEntries = 50;
const largestFile = 16 * 1024 * 1024;

/** llmtop/engines.json in the XDG cache folder. */
export function installedCacheFile(environment: NodeJS.ProcessEnv): string {
	return path.join(userFolder('cache', environment), 'engines.json');
}

/** What the program said when its stamp was the same; absent: it must be asked. Never throws. */
export async function readAnswer(file: string, key: string, stamp: string): Promise<InstalledAnswer | undefined> {
	const entry = (await entries(file)).get(key);
	return entry?.stamp === stamp ? entry : undefined;
}

/** Keeps an answer. What cannot be written is not kept; nobody is told. */
export async function keepAnswer(file: string, key: string, entry: Entry): Promise<void> {
	const temporary = `${file}.${process.pid}.${Date.now().toString(36)}`;
	try {
		await mkdir(path.dirname(file), {recursive: true, mode: 0o700});
		const known = await entries(file);
		known.delete(key);
		known.set(key, entry);
		const kept = [...known].slice(-mostEntries);
		await writeFile(temporary, `${JSON.stringify({format: 1, programs: Object.fromEntries(kept)})}\n`, {
			mode: 0o600,
			flag: 'wx',
		});
		await rename(temporary, file);
	} catch {
		await unlink(temporary).catch(() => undefined);
	}
}

async function entries(file: string): Promise<Map<string, Entry>> {
	try {
		if ((await stat(file)).size > largestFile) return new Map();
		const content: unknown = JSON.parse(await readFile(file, 'utf8'));
		if (!isObject(content) || content.format !== 1 || !isObject(content.programs)) return new Map();
		return new Map(
			Object.entries(content.programs).flatMap(([key, value]) => {
				const entry = entryOf(value);
				return entry === undefined ? [] : [[key, entry] as const];
			}),
		);
	} catch {
		return new Map();
	}
}

function entryOf(value: unknown): Entry | undefined {
	if (!isObject(value) || typeof value.stamp !== 'string') return undefined;
	const {stamp, version, flags} = value;
	if (version !== undefined && typeof version !== 'string') return undefined;
	if (flags !== undefined && !(Array.isArray(flags) && flags.every(isFlag))) return undefined;
	return {stamp, ...(version === undefined ? {} : {version}), ...(flags === undefined ? {} : {flags})};
}

function isFlag(value: unknown): value is EngineFlag {
	if (!isObject(value) || !Array.isArray(value.names)) return false;
	const {names, value: placeholder} = value;
	return (
		names.every((name) => typeof name === 'string') && (placeholder === undefined || typeof placeholder === 'string')
	);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
