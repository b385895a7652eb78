import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import type {Snapshot} from '../../source/snapshot.ts';
import {logLines, logRange} from '../../source/view/log-pane.ts';
import {asciiSymbols, unicodeSymbols} from '../../source/view/symbols.ts';
import {initialUi} from '../../source/view/ui-state.ts';
import {expectFilled} from './golden.ts';
import {comparePane, drawn} from './pane-pictures.ts';
import {log, longLog} from './scenes/server.ts';
import {scenes} from './scenes.ts';

const options = {ui: initialUi, symbols: unicodeSymbols};
const logged = (lines: readonly string[]): Snapshot => ({...scenes.full, log: lines});
const texts = (snapshot: Snapshot, area: {width: number; height: number}, scrolled = 0) =>
	drawn(logLines(snapshot, area, {ui: {...initialUi, scrolled}, symbols: unicodeSymbols}))
		.split('\n')
		.slice(0, -1)
		.map((line) => line.slice(0, -1).trimEnd());

describe('the log is drawn as in its picture', () => {
	for (const area of [
		{width: 60, height: 12},
		{width: 80, height: 21},
		{width: 160, height: 42},
	]) {
		const size = `${area.width}x${area.height}`;
		test(`log-${size}`, () => comparePane(`log-${size}`, logLines(logged(log), area, options), area));
	}
	test('scrolled into the middle', () => {
		const area = {width: 80, height: 12};
		const ui = {...initialUi, scrolled: 500};
		comparePane('log-scrolled-80x12', logLines(logged(longLog), area, {ui, symbols: unicodeSymbols}), area);
	});
	test('in ASCII', () => {
		const area = {width: 80, height: 21};
		const lines = logLines(logged(log), area, {ui: initialUi, symbols: asciiSymbols});
		expect(drawn(lines, asciiSymbols)).toMatch(/^[\n -~]*$/);
		comparePane('log-ascii-80x21', lines, area, asciiSymbols);
	});
});

describe('the newest line', () => {
	test('stands at the foot once there are enough of them, else all stand at the top', () => {
		expect(texts(logged(['one', 'two', 'three']), {width: 30, height: 3})).toEqual([
			'─ LOG ───────────── 2-3 of 3 ─',
			'  two',
			'  three',
		]);
		expect(texts(logged(['one', 'two']), {width: 30, height: 5})).toEqual([
			'─ LOG ───────────── 1-2 of 2 ─',
			'  one',
			'  two',
			'',
			'',
		]);
	});

	test('moves out of sight as it is scrolled, and the first line can be reached, not passed', () => {
		const numbered = logged(Array.from({length: 9}, (_, index) => `line ${index + 1}`));
		const area = {width: 30, height: 4};
		expect(texts(numbered, area, 2)).toEqual(['─ LOG ───────────── 5-7 of 9 ─', '  line 5', '  line 6', '  line 7']);
		expect(texts(numbered, area, 999)).toEqual(['─ LOG ─────────────── 1 of 9 ─', '', '', '  line 1']);
	});

	test('is all that one line shows', () => {
		expect(texts(logged(['one', 'two']), {width: 30, height: 1})).toEqual(['  two']);
	});
});

describe('the range of scrolling', () => {
	test('ends where the first line is at the top, however long the lines are', () => {
		const area = {width: 80, height: 21};
		for (const lines of [log, longLog, ['one', 'two']]) {
			const {total, visible} = logRange(logged(lines), area);
			expect(total).toBe(lines.length);
			const shown = texts(logged(lines), area, total - visible);
			expect(shown[0]).toContain(` 1-${visible} of `);
		}
	});
});

describe('a long line', () => {
	const long = logged(['short', 'the quick brown fox jumps over the lazy dog and over the fence behind it']);

	test('goes on below, a little set in, where there is room', () => {
		expect(texts(long, {width: 30, height: 13}).slice(1, 5)).toEqual([
			'  short',
			'  the quick brown fox jumps',
			'    over the lazy dog and over',
			'    the fence behind it',
		]);
	});

	test('is cut where there is none', () => {
		expect(texts(long, {width: 30, height: 3}).slice(-2)).toEqual(['  short', '  the quick brown fox jumps…']);
	});

	test('that began above the pane shows its end', () => {
		const lines = Array.from({length: 9}, (_, index) => `${index} ${'word '.repeat(8)}end`);
		const area = {width: 30, height: 10};
		expect(texts(logged(lines), area)[1]).toBe('    word word word end');
	});
});

describe('a level can be read without colour', () => {
	test.each([
		['E', 'bad', '(APIServer pid=1) ERROR 11-22 01:09:33 [async_llm.py:431] failed'],
		['E', 'bad', 'time=2026-11-22T01:07:43.055Z level=ERROR source=server.go:109 msg="no"'],
		['E', 'bad', 'vllm: error: unrecognized arguments: --swap-space 0'],
		['E', 'bad', "huggingface_hub.errors.HFValidationError: Repo id must be in the form 'name'"],
		['E', 'bad', 'Traceback (most recent call last):'],
		['E', 'bad', 'INFO:     127.0.0.1:1 - "POST /v1/completions HTTP/1.1" 500 Internal Server Error'],
		['E', 'bad', '[GIN] 2026/11/22 - 01:10:17 | 503 |  5.0s | 127.0.0.1 | POST "/v1/chat/completions"'],
		['W', 'warn', '(APIServer pid=1) WARNING 11-22 01:02:57 [cpu.py:224] Triton is not installed.'],
		['W', 'warn', 'time=2026-11-22T01:07:43.055Z level=WARN source=sched.go:1147 msg="slow"'],
		['W', 'warn', './python3.11/resource_tracker.py:254: UserWarning: 1 leaked semaphore'],
		[' ', undefined, '(APIServer pid=1) INFO 11-22 01:02:57 [model.py:733] Resolved architecture: Llama'],
		[' ', undefined, 'INFO:     127.0.0.1:1 - "POST /v1/completions HTTP/1.1" 200 OK'],
		[' ', undefined, `time=2026-11-22T01:07:43.055Z level=INFO msg="${'x'.repeat(60)} set OLLAMA_DEBUG=ERROR"`],
		[' ', undefined, 'load finished without an error'],
	])('%s, %s: %s', (letter, style, line) => {
		const [drawnLine] = logLines(logged([line]), {width: 200, height: 1}, options);
		expect([drawnLine?.[0]?.text, drawnLine?.[0]?.style]).toEqual([letter, style]);
	});
});

test('without a log one calm line says so', () => {
	for (const snapshot of [scenes.full, logged([])]) {
		expect(texts(snapshot, {width: 40, height: 3})).toEqual([
			'─ LOG ──────────────────────────────────',
			' No log of the server.',
			'',
		]);
	}
});

test('lines of any text fill exactly the lines and columns asked for', () => {
	const line = fc.oneof(fc.string({unit: 'binary'}), fc.string({unit: 'grapheme', maxLength: 300}), fc.string());
	const area = fc.record({width: fc.integer({min: 20, max: 200}), height: fc.integer({min: 1, max: 50})});
	fc.assert(
		fc.property(fc.array(line, {maxLength: 60}), area, fc.nat(80), (lines, size, scrolled) => {
			const shown = logLines(logged(lines), size, {ui: {...initialUi, scrolled}, symbols: unicodeSymbols});
			expectFilled(shown, size);
			expect(drawn(shown)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
		}),
	);
});
