/** Panes as text: how they are compared with their pictures. */

import type {Line} from '../../source/view/line.ts';
import {asciiText, type Symbols, unicodeSymbols} from '../../source/view/symbols.ts';
import {textWidth} from '../../source/view/text.ts';
import {expectFilled, expectPicture} from './golden.ts';

interface Area {
	readonly width: number;
	readonly height: number;
}

/** The lines without their styles, each with a `|` where it ends. */
export function drawn(lines: readonly Line[], symbols: Symbols = unicodeSymbols): string {
	const texts = lines.map((line) => line.map(({text}) => text).join(''));
	return texts.map((text) => `${symbols.ascii ? asciiText(text, textWidth) : text}|\n`).join('');
}

/** Compares with the picture of this name; with UPDATE_FRAMES=1 it is written. */
export function comparePane(name: string, lines: readonly Line[], area: Area, symbols?: Symbols): void {
	expectFilled(lines, area);
	expectPicture(`panes/${name}`, drawn(lines, symbols));
}
