import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {describe, expect, test} from 'vitest';
import type {Snapshot} from '../../source/snapshot.ts';
import {lineWidth} from '../../source/view/line.ts';
import {screenLines} from '../../source/view/screen.ts';
import {asciiSymbols, type Symbols, unicodeSymbols} from '../../source/view/symbols.ts';
import {paint} from '../../source/view/theme.ts';
import {initialUi, type UiState} from '../../source/view/ui-state.ts';
import {scenes} from './scenes.ts';

const folder = fileURLToPath(new URL('../frames/view/', import.meta.url));
const sizes = [
	{columns: 60, rows: 15},
	{columns: 80, rows: 24},
	{columns: 120, rows: 40},
	{columns: 160, rows: 45},
];

/** The screen as text; written with UPDATE_FRAMES=1, compared otherwise. */
function compare(name: string, frame: string): void {
	const file = `${folder}${name}.txt`;
	if (process.env.UPDATE_FRAMES === '1') {
		mkdirSync(folder, {recursive: true});
		writeFileSync(file, frame);
	}
	expect(frame).toBe(readFileSync(file, 'utf8'));
}

function frame(
	snapshot: Snapshot | undefined,
	size: (typeof sizes)[number],
	ui: UiState = initialUi,
	symbols: Symbols = unicodeSymbols,
): string {
	const lines = screenLines(snapshot, {size, ui, symbols});
	expect(lines.map(lineWidth)).toEqual(Array.from({length: size.rows}, () => size.columns));
	const plain = lines.map((line) => line.map(({text}) => ({text})));
	return plain.map((line) => `${paint(line, {color: false, symbols}).trimEnd()}\n`).join('');
}

describe('the screen is drawn as in its picture', () => {
	for (const [name, snapshot] of Object.entries(scenes)) {
		for (const size of sizes) {
			const title = `${name}-${size.columns}x${size.rows}`;
			test(title, () => compare(title, frame(snapshot, size)));
		}
	}

	test('help-60x15', () =>
		compare('help-60x15', frame(scenes.full, {columns: 60, rows: 15}, {...initialUi, help: true})));
	test('help-80x24', () =>
		compare('help-80x24', frame(scenes.full, {columns: 80, rows: 24}, {...initialUi, help: true})));
	test('paused and scrolled to the end', () =>
		compare('paused-80x24', frame(scenes.thousand, {columns: 80, rows: 24}, {...initialUi, paused: true, top: 5000})));
	test('in ASCII', () => {
		const drawn = frame(scenes.sweep, {columns: 120, rows: 40}, initialUi, asciiSymbols);
		expect(drawn).toMatch(/^[\n -~]*$/);
		compare('ascii-120x40', drawn);
	});
});

test('a terminal that is too small is told the size that is needed', () => {
	const lines = frame(scenes.full, {columns: 59, rows: 15}).split('\n');
	expect(lines[0]).toBe('llmtop needs 60×15, this is 59×15   q quits');
});

test('before the first snapshot the screen says that the program starts', () => {
	expect(frame(undefined, {columns: 80, rows: 24}).trim()).toBe('llmtop  starting');
});
