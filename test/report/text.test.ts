import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import {widthOf} from '../../source/report/layout.ts';
import {inkTableDrawing} from '../../source/report/table.tsx';
import {textReport} from '../../source/report/text.ts';
import {makeLevel, makeSession, sampleSessions} from '../support/sessions.ts';
import {countedSessions} from './counted-sessions.ts';

const folder = new URL('../frames/report/', import.meta.url);

/** Compares with the text kept in test/frames/report; UPDATE_FRAMES=1 writes it. */
function expectGolden(name: string, text: string): void {
	const file = new URL(`${name}.txt`, folder);
	if (process.env.UPDATE_FRAMES === '1') {
		mkdirSync(folder, {recursive: true});
		writeFileSync(file, text);
	}
	expect(existsSync(file), `${name}.txt is there`).toBe(true);
	expect(text).toBe(readFileSync(file, 'utf8'));
}

describe('the report as text', () => {
	for (const [name, session] of Object.entries({...sampleSessions, ...countedSessions})) {
		for (const columns of [80, 120]) {
			test(`of the ${name} session at ${columns} columns is the one kept as ${name}-${columns}.txt`, () => {
				expectGolden(`${name}-${columns}`, textReport(session(), {columns, color: false}));
			});
		}
		test(`of the ${name} session is never wider than the terminal, whatever its width`, () => {
			for (const columns of [1, 7, 20, 40, 60, 79, 80, 81, 100, 160, 400]) {
				for (const options of [
					{columns, color: false},
					{columns, color: false, mainTable: inkTableDrawing},
				]) {
					const widest = Math.max(...textReport(session(), options).split('\n').map(widthOf));
					expect(widest).toBeLessThanOrEqual(columns);
				}
			}
		});
	}

	for (const columns of [80, 120]) {
		test(`on a terminal of ${columns} columns has its main table drawn by ink-table`, () => {
			expectGolden(
				`sweep-terminal-${columns}`,
				textReport(sampleSessions.sweep(), {columns, color: false, mainTable: inkTableDrawing}),
			);
		});
	}

	test('has no escape sequence in it without colour, whatever a server wrote', () => {
		for (const session of Object.values(sampleSessions)) {
			expect(textReport(session(), {columns: 80, color: false})).not.toContain('\u001b');
		}
	});

	test('in colour says the same', () => {
		for (const session of Object.values(sampleSessions)) {
			const colored = textReport(session(), {columns: 80, color: true});
			expect(colored).toContain('\u001b[1m');
			// biome-ignore lint/complexity/useRegexLiterals: a control character is easier to see in a string
			expect(colored.replace(new RegExp('\u001b\\[[0-9;]*m', 'g'), '')).toBe(
				textReport(session(), {columns: 80, color: false}),
			);
		}
	});

	test('keeps its columns apart when a model has a name in wide characters', () => {
		const session = makeSession([makeLevel({mode: 'closed', load: 1, requests: 2, tokens: 9, ttftMs: 5, tpotMs: 2})], {
			target: {url: 'http://127.0.0.1:8000', engine: 'openai', model: '通义千问'.repeat(30)},
		});
		const widest = Math.max(...textReport(session, {columns: 60, color: false}).split('\n').map(widthOf));
		expect(widest).toBeLessThanOrEqual(60);
	});
});
