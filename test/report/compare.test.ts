import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {compareReport} from '../../source/report/compare.ts';
import {compareChunks} from '../../source/report/compare-document.ts';
import {comparedLevels} from '../../source/report/compare-table.ts';
import {csvReport} from '../../source/report/csv.ts';
import {widthOf} from '../../source/report/layout.ts';
import {markdownOf} from '../../source/report/markdown.ts';
import {inkTableDrawing} from '../../source/report/table.tsx';
import {textOf} from '../../source/report/text.ts';
import {makeLevel, makeSession} from '../support/sessions.ts';
import {comparisons} from './compared-sessions.ts';

const folder = new URL('../frames/report/', import.meta.url);

/** Compares with the text kept in test/frames/report; UPDATE_FRAMES=1 writes it. */
function expectGolden(name: string, text: string): void {
	const file = new URL(name, folder);
	if (process.env.UPDATE_FRAMES === '1') {
		mkdirSync(folder, {recursive: true});
		writeFileSync(file, text);
	}
	expect(existsSync(file), `${name} is there`).toBe(true);
	expect(text).toBe(readFileSync(file, 'utf8'));
}

describe('the comparison of several machines', () => {
	for (const [name, compared] of Object.entries(comparisons)) {
		for (const columns of [80, 120]) {
			test(`of "${name}" at ${columns} columns is the one kept as compare-${name}-${columns}.txt`, () => {
				expectGolden(
					`compare-${name}-${columns}.txt`,
					textOf(compareReport(compared(), 'machine'), {columns, color: false}),
				);
			});
		}
		test(`of "${name}" is never wider than the terminal, and holds nothing that a terminal would obey`, () => {
			for (const columns of [1, 20, 60, 79, 100, 160]) {
				for (const mainTable of [undefined, inkTableDrawing]) {
					const options = {columns, color: false, ...(mainTable === undefined ? {} : {mainTable})};
					const text = textOf(compareReport(compared(), 'machine'), options);
					expect(Math.max(...text.split('\n').map(widthOf))).toBeLessThanOrEqual(columns);
					expect(text).not.toContain('\u001b');
				}
			}
		});
	}

	test('is a table of Markdown, too', () => {
		expectGolden('compare-uneven.md', markdownOf(compareReport(comparisons.uneven(), 'machine')));
	});

	test('gives ratios to the first machine that got to a level', () => {
		const {blocks} = compareReport([...comparisons.two()].reverse(), 'machine');
		const table = blocks.find((block) => block.kind === 'table');
		const place = (title: string) => table?.columns.findIndex((column) => column.title === title) ?? -1;
		const ratios = table?.rows.map((row) => [row[place('load')], row[place('machine')], row[place('ratio')]?.trim()]);
		expect(ratios).toEqual([
			['1 stream', 'me@h200', '1.00'],
			['', 'me@l40s', expect.stringMatching(/^0\.3\d$/)],
			['8 streams', 'me@h200', '1.00'],
			['', 'me@l40s', expect.stringMatching(/^0\.3\d$/)],
			['32 streams', 'me@h200', '1.00'],
			['', 'me@l40s', expect.stringMatching(/^0\.3\d$/)],
		]);
	});

	test('has each level that any machine has once for each of them, beside that of the first that has it', () => {
		const loads = [1, 2, 4, 8].map((load) =>
			makeLevel({mode: 'closed', load, requests: 4, tokens: 8, ttftMs: 5, tpotMs: 1}),
		);
		const machine = fc.subarray(loads, {minLength: 1}).map((levels) => makeSession(levels));
		fc.assert(
			fc.property(fc.array(machine, {minLength: 1, maxLength: 4}), (sessions) => {
				const measured = sessions.map((session, place) => ({name: String(place), session}));
				const rows = comparedLevels(measured);
				const all = new Set(sessions.flatMap(({levels}) => levels));
				expect(rows.length).toBe(all.size * sessions.length);
				expect(rows.filter(({leads}) => leads).map(({name}) => name)).toEqual([...all].map(() => '0'));
				for (const {name, level, first, load} of rows) {
					const own = sessions[Number(name)]?.levels.find((other) => `${other.concurrency}` === load.split(' ')[0]);
					expect(level).toBe(own);
					expect(first).toBe([...all].find((other) => `${other.concurrency}` === load.split(' ')[0]));
				}
			}),
			{numRuns: 100},
		);
	});

	test('as JSON has the sessions as they are saved, and why there are none of others', () => {
		const document = JSON.parse([...compareChunks(comparisons.uneven())].join(''));
		expect(
			document.sessions.map(({target, levels}: {target: unknown; levels: unknown[]}) => [target, levels.length]),
		).toEqual([
			[expect.objectContaining({box: {name: 'gate:2222', way: 'tunnel'}}), 2],
			[expect.objectContaining({box: {name: 'me@ollama', way: 'tunnel'}}), 1],
		]);
		expect(document.failed).toEqual([
			{machine: 'me@gone', why: 'No connection to me@gone: ssh: connect to host gone port 22: Connection refused'},
		]);
	});

	test('as CSV has a row for each level and machine under one header', () => {
		const sessions = comparisons.two().flatMap(({session}) => (session === undefined ? [] : [session]));
		const [header = '', ...rows] = csvReport(...sessions)
			.trimEnd()
			.split('\n');
		const places = ['concurrency', 'box_name', 'box_way'].map((name) => header.split(',').indexOf(name));
		expect(rows.map((row) => places.map((place) => row.split(',')[place]))).toEqual([
			['1', 'me@l40s', 'tunnel'],
			['8', 'me@l40s', 'tunnel'],
			['32', 'me@l40s', 'tunnel'],
			['1', 'me@h200', 'tunnel'],
			['8', 'me@h200', 'tunnel'],
			['32', 'me@h200', 'tunnel'],
		]);
	});
});
