/** Panes as text: how they are compared with their pictures. */

import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {expect} from 'vitest';
import {type Line, lineWidth} from '../../source/view/line.ts';
import {asciiText, type Symbols, unicodeSymbols} from '../../source/view/symbols.ts';
import {textWidth} from '../../source/view/text.ts';

const folder = fileURLToPath(new URL('../frames/view/panes/', import.meta.url));

interface Area {
	readonly width: number;
	readonly height: number;
}

/** Fails unless there are exactly `height` lines of `width` columns. */
export function expectExact(lines: readonly Line[], {width, height}: Area): void {
	expect(lines.map(lineWidth)).toEqual(Array.from({length: height}, () => width));
}

/** The lines without their styles, each with a `|` where it ends. */
export function drawn(lines: readonly Line[], symbols: Symbols = unicodeSymbols): string {
	const texts = lines.map((line) => line.map(({text}) => text).join(''));
	return texts.map((text) => `${symbols.ascii ? asciiText(text, textWidth) : text}|\n`).join('');
}

/** Compares with the picture of this name; with UPDATE_FRAMES=1 it is written. */
export function comparePane(name: string, lines: readonly Line[], area: Area, symbols?: Symbols): void {
	expectExact(lines, area);
	const text = drawn(lines, symbols);
	const file = `${folder}${name}.txt`;
	if (process.env.UPDATE_FRAMES === '1') {
		mkdirSync(folder, {recursive: true});
		writeFileSync(file, text);
	}
	expect(text).toBe(readFileSync(file, 'utf8'));
}
