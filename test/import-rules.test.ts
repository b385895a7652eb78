/** Who may import whom: the rooms of source/README.md, read from the imports themselves. */

import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {describe, expect, test} from 'vitest';

interface Room {
	/** Places of ours, as prefixes below source/, that it may import besides itself. */
	readonly ours: readonly string[];
	/** Packages; `node:` stands for all built-in modules. */
	readonly packages: readonly string[];
}

const shared = ['snapshot.ts', 'errors.ts', 'format.ts', 'clock.ts', 'config.ts', 'json-type.ts'];
const rooms: Readonly<Record<string, Room>> = {
	view: {
		ours: ['snapshot.ts', 'store.ts', 'format.ts'],
		packages: ['ink', 'react', 'string-width', 'node:stream', 'node:tty'],
	},
	report: {
		ours: ['snapshot.ts', 'metrics', 'session', 'format.ts'],
		packages: ['ink', 'ink-table', 'react', 'string-width'],
	},
	session: {ours: ['snapshot.ts', 'metrics', 'errors.ts', 'json-type.ts'], packages: ['node:']},
	engine: {
		ours: ['snapshot.ts', 'metrics', 'clock.ts', 'errors.ts', 'config.ts', 'json-type.ts'],
		packages: ['undici', 'execa', 'js-tiktoken', '@huggingface/tokenizers', 'node:'],
	},
	metrics: {ours: ['snapshot.ts'], packages: ['hdr-histogram-js']},
	options: {ours: ['config.ts', 'errors.ts'], packages: ['meow']},
	// What cli.tsx starts: puts the rooms together, as it does.
	commands: {
		ours: ['engine', 'metrics', 'options', 'report', 'session', 'view', 'store.ts', ...shared],
		packages: ['node:'],
	},
	'store.ts': {ours: ['snapshot.ts'], packages: []},
	...Object.fromEntries(shared.map((file) => [file, {ours: [], packages: []}])),
};

function files(folder: string): string[] {
	return readdirSync(folder, {withFileTypes: true, recursive: true})
		.filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
		.map((entry) => path.join(entry.parentPath, entry.name));
}

function importsOf(file: string): string[] {
	const text = readFileSync(file, 'utf8');
	return [
		...text.matchAll(
			/(?:^|\n)\s*(?:import|export)\b[^'"\n;]*?(?:\{[^}]*\}[^'"\n;]*?)?from\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]|(?:^|\n)import\s*['"]([^'"]+)['"]/g,
		),
	].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
}

const source = path.resolve('source');
const place = (file: string) => path.relative(source, file).split(path.sep).join('/');

describe('imports', () => {
	test('are found by this test at all', () => {
		expect(importsOf(path.join(source, 'engine/load/worker.ts'))).toContain('node:worker_threads');
	});

	for (const file of files(source)) {
		test(`of source/${place(file)} stay within its room's rules`, () => {
			const [roomName = ''] = place(file).split('/');
			const room = rooms[roomName];
			if (room === undefined) throw new Error(`source/${roomName} is no known room: add it to the rules`);
			for (const specifier of importsOf(file)) {
				if (specifier.startsWith('.')) {
					const target = place(path.resolve(path.dirname(file), specifier));
					const allowed = [roomName, ...room.ours].some(
						(prefix) => target === prefix || target.startsWith(`${prefix}/`),
					);
					const data = target.startsWith('../presets/') || target.startsWith('../schema/');
					expect({file: place(file), target, allowed: allowed || data}).toEqual({
						file: place(file),
						target,
						allowed: true,
					});
				} else {
					const allowed = room.packages.some(
						(name) => specifier === name || specifier.startsWith(name.endsWith(':') ? name : `${name}/`),
					);
					expect({file: place(file), specifier, allowed}).toEqual({file: place(file), specifier, allowed: true});
				}
			}
		});
	}
});

describe('the invariants of source/README.md', () => {
	const sources = files(source).map((file) => ({
		file: place(file),
		text: readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, ''),
	}));

	test('nobody calls process.exit', () => {
		expect(sources.filter(({text}) => /process\.exit\(/.test(text)).map(({file}) => file)).toEqual([]);
	});

	test('metrics and pacers hold no clock, timer, random or await', () => {
		const pure = sources.filter(
			({file}) => file.startsWith('metrics/') || /engine\/load\/(schedule|plan|random)\.ts/.test(file),
		);
		expect(pure.length).toBeGreaterThan(5);
		const impure = /\bDate\.now\b|new Date\(\)|performance\.now|setTimeout|setInterval|Math\.random|\bawait\b/;
		expect(pure.filter(({text}) => impure.test(text)).map(({file}) => file)).toEqual([]);
	});

	test('the view reads no clock and does no input or output of its own', () => {
		const view = sources.filter(({file}) => file.startsWith('view/'));
		expect(view.length).toBeGreaterThan(5);
		expect(
			view
				.filter(({text}) => /Date\.now|performance\.now|node:fs|node:net|process\.std/.test(text))
				.map(({file}) => file),
		).toEqual([]);
	});
});
