/** The presets that there are: shipped ones, the person's own, and single files. */

import {readdir, readFile, stat} from 'node:fs/promises';
import path from 'node:path';
import {ExpectedError, exitCode, usageError} from '../../errors.ts';
import {userFolder} from '../host/user-folders.ts';
import type {Preset} from './preset.ts';
import {joinPreset, type PresetSource, readPresetText, readShipped} from './preset-file.ts';
import {shippedPresets} from './shipped-presets.ts';
import {didYouMean, noSuggestions, quoted, type Suggest} from './suggest.ts';

export interface ListedPreset {
	readonly preset: Preset;
	/** The person's own file; absent: it is shipped. */
	readonly file?: string;
	/** It stands in the place of a shipped one of the same id. */
	readonly replaces: boolean;
}

export interface PresetList {
	/** Shipped ones in their order, then the person's own by name. */
	readonly presets: readonly ListedPreset[];
	/** Own files that are no presets: exit 2 each. */
	readonly faults: readonly ExpectedError[];
}

/** No preset file is larger, bytes. */
const largestFile = 1024 * 1024;
const idForm = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** Where the person's own presets are: llmtop/presets in the XDG config folder. */
export function presetFolder(environment: NodeJS.ProcessEnv): string {
	return path.join(userFolder('config', environment), 'presets');
}

/** All presets by id; files of the person's own that are none are told beside them. */
export async function listPresets(
	environment: NodeJS.ProcessEnv,
	suggest: Suggest = noSuggestions,
): Promise<PresetList> {
	const shelf = await Shelf.open(environment, suggest);
	const presets: ListedPreset[] = [];
	const faults: ExpectedError[] = [];
	for (const id of shelf.ids()) {
		const file = shelf.own.get(id);
		try {
			const preset = await shelf.preset(id);
			const replaces = file !== undefined && shippedPresets.has(id);
			presets.push({preset, replaces, ...(file === undefined ? {} : {file})});
		} catch (error) {
			if (!(error instanceof ExpectedError)) throw error;
			faults.push(error);
		}
	}
	return {presets, faults};
}

/**
 * One preset, by its id or by the path of a file (which holds a `/` or ends in `.json`). Throws `ExpectedError`, exit 2:
 * nobody knows it (with the nearest names), or its file is no preset (with the line and the rule).
 */
export async function loadPreset(
	idOrFile: string,
	environment: NodeJS.ProcessEnv,
	suggest: Suggest = noSuggestions,
): Promise<Preset> {
	const shelf = await Shelf.open(environment, suggest);
	if (idOrFile.includes('/') || idOrFile.endsWith('.json')) return await shelf.presetFile(idOrFile);
	if (shelf.has(idOrFile)) return await shelf.preset(idOrFile);
	const near = didYouMean(suggest(idOrFile, shelf.ids()));
	throw usageError(
		`There is no preset ${quoted(idOrFile)}.${near}`,
		`llmtop presets lists them; your own go into ${shelf.folder}.`,
	);
}

/** Which files there are, and how they build on each other. */
class Shelf {
	readonly folder: string;
	/** Files of the person's own, by id. */
	readonly own: ReadonlyMap<string, string>;
	readonly #suggest: Suggest;

	constructor(folder: string, own: ReadonlyMap<string, string>, suggest: Suggest) {
		this.folder = folder;
		this.own = own;
		this.#suggest = suggest;
	}

	static async open(environment: NodeJS.ProcessEnv, suggest: Suggest): Promise<Shelf> {
		const folder = presetFolder(environment);
		const names = await readdir(folder).catch(() => []);
		const own = names
			.filter((name) => name.endsWith('.json') && idForm.test(name))
			.sort()
			.map((name) => [name.slice(0, -'.json'.length), path.join(folder, name)] as const);
		return new Shelf(folder, new Map(own), suggest);
	}

	ids(): string[] {
		return [...new Set([...shippedPresets.keys(), ...this.own.keys()])];
	}

	has(id: string): boolean {
		return this.own.has(id) || shippedPresets.has(id);
	}

	async preset(id: string): Promise<Preset> {
		const file = this.own.get(id);
		return file === undefined ? this.#shipped(id) : await this.presetFile(file);
	}

	/** `below`: the files that build on this one. */
	async presetFile(file: string, below: readonly string[] = []): Promise<Preset> {
		const source = readPresetText(await textOf(file), file, this.#suggest);
		const {file: content, fault} = source;
		const id = path.basename(file).replace(/\.json$/, '');
		const base = content.extends;
		if (base === undefined) return joinPreset(id, source, undefined);
		const chain = [...below, path.resolve(file)];
		const own = this.own.get(base);
		if (own !== undefined && !chain.includes(own)) return joinPreset(id, source, await this.presetFile(own, chain));
		// A file that extends its own id builds on the shipped preset whose place it takes.
		if (shippedPresets.has(base)) return joinPreset(id, source, this.#shipped(base));
		if (own !== undefined) throw fault({path: ['extends'], message: 'leads back to this file'});
		const unknown = {name: base, known: this.ids()};
		throw fault({path: ['extends'], message: 'names no preset that there is', unknown});
	}

	#shipped(id: string): Preset {
		const source: PresetSource = readShipped(shippedPresets.get(id), id);
		const base = source.file.extends;
		return joinPreset(id, source, base === undefined ? undefined : this.#shipped(base));
	}
}

async function textOf(file: string): Promise<string> {
	try {
		const {size} = await stat(file);
		if (size > largestFile) throw usageError(`${file} is no preset: it has ${size} bytes, and no preset is that long.`);
		return await readFile(file, 'utf8');
	} catch (error) {
		if (error instanceof ExpectedError) throw error;
		const code = error instanceof Error && 'code' in error ? String(error.code) : '';
		const why = reasons[code] ?? `the system says ${code}`;
		throw new ExpectedError(`${file} cannot be read: ${why}.`, {exitCode: exitCode.usage, cause: error});
	}
}

const reasons: Readonly<Record<string, string>> = {
	ENOENT: 'there is no such file',
	EACCES: 'permission is denied',
	EISDIR: 'it is a folder',
	ENOTDIR: 'a part of the path is a file, not a folder',
};
