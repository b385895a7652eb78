/**
 * No file of source/ needs itself to be loaded first. Such a ring once made the bundled program wait for ever: files with
 * a top-level `await` waited for each other.
 */

import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {describe, expect, test} from 'vitest';

/**
 * Specifiers of ours that are loaded with the file. `import type` is erased, `import()` comes later;
 * `import {type X}` stays behind as an import of nothing.
 */
function staticImports(text: string): readonly string[] {
	return [...text.matchAll(/^(?:import|export)\s(?!\s*type\s)(?:[^'";]*?\sfrom\s*)?['"](\.[^'"]+)['"]/gm)].map(
		(match) => match[1] ?? '',
	);
}

type Graph = ReadonlyMap<string, readonly string[]>;

/** Each ring once, beginning with the file of it that is met first. */
function ringsIn(graph: Graph): readonly (readonly string[])[] {
	const rings: (readonly string[])[] = [];
	const done = new Set<string>();
	const visit = (file: string, way: readonly string[]) => {
		const at = way.indexOf(file);
		if (at >= 0) rings.push(way.slice(at));
		if (at >= 0 || done.has(file)) return;
		for (const next of graph.get(file) ?? []) visit(next, [...way, file]);
		done.add(file);
	};
	for (const file of graph.keys()) visit(file, []);
	return rings;
}

const source = path.resolve('source');

function sourceGraph(): Graph {
	const files = readdirSync(source, {withFileTypes: true, recursive: true})
		.filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
		.map((entry) => path.join(entry.parentPath, entry.name));
	const name = (file: string) => path.relative(source, file).split(path.sep).join('/');
	return new Map(
		files.map((file) => [
			name(file),
			staticImports(readFileSync(file, 'utf8')).map((specifier) => name(path.resolve(path.dirname(file), specifier))),
		]),
	);
}

describe('static imports', () => {
	test('are told from types and from imports that come later', () => {
		const text = [
			"import {a} from './a.ts';",
			"import type {B} from './b.ts';",
			"import {type C} from './c.ts';",
			"import './d.ts';",
			'import {',
			'	type E,',
			'	e,',
			"} from './e.ts';",
			"export {f} from './f.ts';",
			"export type {G} from './g.ts';",
			"import path from 'node:path';",
			"import * as h from './h.ts';",
			"const i = await import('./i.ts');",
			"import {j} from 'j';",
		].join('\n');
		expect(staticImports(text)).toEqual(['./a.ts', './c.ts', './d.ts', './e.ts', './f.ts', './h.ts']);
	});

	test('in a ring are found, also one of a single file', () => {
		const graph = new Map([
			['a', ['b', 'd']],
			['b', ['c']],
			['c', ['b', 'd']],
			['d', []],
			['e', ['e']],
		]);
		expect(ringsIn(graph)).toEqual([['b', 'c'], ['e']]);
	});

	test('of source/ form no ring', () => {
		const graph = sourceGraph();
		expect(graph.get('engine/ssh/box.ts')).toContain('engine/ssh/connection.ts');
		expect(ringsIn(graph)).toEqual([]);
	});
});
