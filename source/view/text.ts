/** Text in terminal columns: how wide it is, how it is cut and padded, and outside text made safe to draw. */

import stringWidth from 'string-width';
import {plainText} from '../format.ts';

/**
 * Characters that are one column wide in every terminal: printable ASCII and the symbols that the view draws with
 * (`·×…←↑→↓−`, lines and blocks, `▲▼●`, Braille). Escaped, because a single one of them as it is would double the size
 * of the program's file in memory, in each thread.
 */
const narrow = /^[ -~\u00b7\u00d7\u2026\u2190-\u2193\u2212\u2500-\u259f\u25b2-\u25bc\u25cf\u2800-\u28ff]*$/;
const graphemes = new Intl.Segmenter(undefined, {granularity: 'grapheme'});

/** Columns that a text takes. */
export function textWidth(text: string): number {
	return narrow.test(text) ? text.length : stringWidth(text);
}

/** The longest beginning of a text that is not wider than `width`. */
function beginning(text: string, width: number): string {
	if (narrow.test(text)) return text.slice(0, width);
	let taken = '';
	let used = 0;
	for (const {segment} of graphemes.segment(text)) {
		used += stringWidth(segment);
		if (used > width) break;
		taken += segment;
	}
	return taken;
}

/** A text of at most `width` columns; what was cut is marked by an ellipsis at the end. */
export function cut(text: string, width: number): string {
	if (width <= 0) return '';
	return textWidth(text) <= width ? text : `${beginning(text, width - 1)}…`;
}

/** A text of exactly `width` columns: cut when it is longer, padded with blanks when it is shorter. */
export function fitText(text: string, width: number, align: 'left' | 'right' = 'left'): string {
	const short = cut(text, width);
	const blanks = ' '.repeat(Math.max(0, width - textWidth(short)));
	return align === 'left' ? short + blanks : blanks + short;
}

const regionalIndicator = /[\u{1f1e6}-\u{1f1ff}]/gu;

/**
 * Text from outside (model names, errors, hosts) as the view draws it: without anything that a terminal obeys, and
 * without what terminals disagree about in width. Joined emoji fall apart into single ones, flags become letters,
 * invisible characters and skin tones go.
 */
export function outside(text: string): string {
	const plain = plainText(text);
	if (narrow.test(plain)) return plain;
	return plain
		.toWellFormed()
		.normalize('NFC')
		.replace(/\p{Default_Ignorable_Code_Point}|\p{Emoji_Modifier}|\u20e3/gu, '')
		.replace(regionalIndicator, (letter) => String.fromCodePoint((letter.codePointAt(0) ?? 0) - 0x1f1e6 + 0x41));
}
