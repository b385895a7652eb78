/** Text in terminal columns: how wide it is, how it is cut, wrapped and padded, and outside text made safe to draw. */

import stringWidth from 'string-width';
import {plainText} from '../format.ts';

/**
 * Characters that are one column wide in every terminal: printable ASCII and the symbols that the view draws with
 * (`·×…←↑→↓−`, lines and blocks, `▲▼●`, Braille). Escaped, because a single one of them as it is would double the size
 * of the program's file in memory, in each thread.
 */
const narrow = /^[ -~\u00b7\u00d7\u2026\u2190-\u2193\u2212\u2500-\u259f\u25b2-\u25bc\u25cf\u2800-\u28ff]*$/;
const graphemes = new Intl.Segmenter(undefined, {granularity: 'grapheme'});

/** Signs that stand above, below or around the one before. */
const mark = /[\p{Nonspacing_Mark}\p{Enclosing_Mark}]/u;
/**
 * Marks in these ranges take no column even in terminals with the tables of Unicode 6 (compared with xterm.js): Latin,
 * Cyrillic, Hebrew, Arabic, Syriac, India's scripts, Thai, Lao, Tibetan, Burmese, Khmer, symbols, kana. But for the
 * younger ones among them: those, and all others, take a column there, and are counted as one.
 */
const oldMark =
	// biome-ignore lint/suspicious/noMisleadingCharacterClass: single marks are looked for.
	/[\u0300-\u036f\u0483-\u0486\u0488\u0489\u0591-\u05c7\u0610-\u0615\u064b-\u065e\u0670-\u06ed\u0711-\u07f3\u0901-\u0e4e\u0eb1-\u0ecd\u0f18-\u0fc6\u102d-\u1059\u17b4-\u17dd\u20d0-\u20ef\u302a-\u302f\u3099\u309a\ufe20-\ufe23]/;
const youngMark =
	/[\u093a\u0955-\u0957\u09fe\u0a51\u0a75\u0afa-\u0aff\u0b44\u0b55\u0b62\u0b63\u0c00\u0c04\u0c3c\u0c62\u0c63\u0c81\u0d00\u0d01\u0d3b\u0d3c\u0d44\u0d62\u0d63\u0d81\u0eba\u0f8d-\u0f8f\u1033-\u1035\u103a\u103d\u103e]/;
/** Numbers in squares, which some terminals draw over two columns. */
const perhapsWide = /[\u3248-\u324f]/;

function signWidth(sign: string): number {
	if (mark.test(sign)) return oldMark.test(sign) && !youngMark.test(sign) ? 0 : 1;
	return perhapsWide.test(sign) ? 2 : stringWidth(sign);
}

/**
 * Columns of what a person sees as one character. Some terminals join its signs and some add them up (two consonants
 * of Hindi, say): the wider counts, so that a line may end early but never runs over its end.
 */
function graphemeWidth(grapheme: string): number {
	if (narrow.test(grapheme)) return grapheme.length;
	let width = widths.get(grapheme);
	if (width === undefined) {
		let sum = 0;
		for (const sign of grapheme) sum += signWidth(sign);
		width = Math.max(sum, stringWidth(grapheme));
		if (widths.size >= mostWidths) widths.clear();
		widths.set(grapheme, width);
	}
	return width;
}

/** Those of the last graphemes are kept: measuring one takes some microseconds, and a screen holds thousands. */
const widths = new Map<string, number>();
const mostWidths = 5_000;

/** Every character of the text is one column wide, in every terminal. */
export function isNarrow(text: string): boolean {
	return narrow.test(text);
}

/** Columns that a text takes at most, in any terminal. */
export function textWidth(text: string): number {
	if (narrow.test(text)) return text.length;
	let width = 0;
	for (const {segment} of graphemes.segment(text)) width += graphemeWidth(segment);
	return width;
}

/** The longest beginning of a text that is not wider than `width`. */
function beginning(text: string, width: number): string {
	if (narrow.test(text)) return text.slice(0, width);
	let taken = '';
	let used = 0;
	for (const {segment} of graphemes.segment(text)) {
		used += graphemeWidth(segment);
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

/** What stays together at the end of a line: a word, a part of one that is longer than a line, or one wide character. */
interface Piece {
	readonly text: string;
	readonly width: number;
	/** A blank stands before it. */
	readonly isApart: boolean;
}

/**
 * Lines of at most `width` columns that hold all of a text that is safe to draw, e.g. one from `outside`: broken at
 * blanks, which become one each, beside wide characters, and within words only where one is longer than a line.
 * Without a word, or without a column, there is no line. What is more than `most` lines is cut from the last with an
 * ellipsis.
 */
export function wrapText(text: string, width: number, most = Number.POSITIVE_INFINITY): string[] {
	if (width <= 0) return [];
	const lines: string[] = [];
	let used = 0;
	for (const word of text.split(/\s+/)) {
		for (const piece of piecesOf(word, width)) {
			const gap = piece.isApart && used > 0 ? ' ' : '';
			if (lines.length === 0 || used + gap.length + piece.width > width) {
				lines.push(piece.text);
				used = piece.width;
			} else {
				lines.push((lines.pop() ?? '') + gap + piece.text);
				used += gap.length + piece.width;
			}
		}
	}
	if (lines.length <= most) return lines;
	return [...lines.slice(0, most - 1), cut(lines.slice(most - 1).join(' '), width)];
}

function piecesOf(word: string, width: number): Piece[] {
	const pieces: Piece[] = [];
	let isOpen = false;
	for (const {segment} of graphemes.segment(word)) {
		const sign = graphemeWidth(segment) > width ? '…' : segment;
		const own = graphemeWidth(sign);
		const last = pieces.at(-1);
		if (last !== undefined && isOpen && own <= 1 && last.width + own <= width) {
			pieces[pieces.length - 1] = {...last, text: last.text + sign, width: last.width + own};
		} else {
			pieces.push({text: sign, width: own, isApart: last === undefined});
		}
		isOpen = own <= 1;
	}
	return pieces;
}

const regionalIndicator = /[\u{1f1e6}-\u{1f1ff}]/gu;
/** Without a picture of its own, or with one that not every terminal joins to the character before it. */
const unseen = /\p{Default_Ignorable_Code_Point}|\p{Format}|\p{Emoji_Modifier}|\u20e3/gu;

/**
 * Text from outside (model names, errors, hosts, what a model wrote) as the view draws it: without anything that a
 * terminal obeys or that turns the order of a line round, and without what terminals disagree about in width. Joined
 * emoji fall apart into single ones, flags become letters, invisible characters and skin tones go, no character has
 * more than three marks. The letters of Hebrew and Arabic stay in the order in which they are written: a terminal that
 * draws from right to left turns them itself.
 */
export function outside(text: string): string {
	const plain = plainText(text);
	if (narrow.test(plain)) return plain;
	return plain
		.toWellFormed()
		.replace(unseen, '')
		.replace(/\p{Unassigned}/gu, '\ufffd')
		.replace(regionalIndicator, (letter) => String.fromCodePoint((letter.codePointAt(0) ?? 0) - 0x1f1e6 + 0x41))
		.normalize('NFC')
		.replace(/(\p{Mark}{3})\p{Mark}+/gu, '$1')
		.replace(/^[\p{Mark}\s]+|\s+$/gu, '')
		.replace(/\s+/g, ' ');
}
