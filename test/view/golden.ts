/** Pictures of parts of the screen as text: written with UPDATE_FRAMES=1, compared otherwise. */

import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {expect} from 'vitest';
import {type Line, lineWidth} from '../../source/view/line.ts';
import {asciiText, type Symbols} from '../../source/view/symbols.ts';
import {textWidth} from '../../source/view/text.ts';

/** Lines as text without colour, as they stand on a terminal; blanks at the ends of lines are left out. */
export function pictureOf(lines: readonly Line[], symbols: Symbols): string {
	const texts = lines.map((line) => line.map(({text}) => text).join(''));
	return texts.map((text) => `${(symbols.ascii ? asciiText(text, textWidth) : text).trimEnd()}\n`).join('');
}

/** Fails when the picture is not the one in `test/frames/view/<name>.txt`. */
export function expectPicture(name: string, picture: string): void {
	const file = fileURLToPath(new URL(`../frames/view/${name}.txt`, import.meta.url));
	if (process.env.UPDATE_FRAMES === '1') {
		mkdirSync(fileURLToPath(new URL('.', `file://${file}`)), {recursive: true});
		writeFileSync(file, picture);
	}
	expect(picture).toBe(readFileSync(file, 'utf8'));
}

/** Fails unless the lines fill their area exactly. */
export function expectFilled(lines: readonly Line[], {width, height}: {width: number; height: number}): void {
	expect(lines.map(lineWidth)).toEqual(Array.from({length: height}, () => width));
}
