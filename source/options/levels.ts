/** Lists and ranges of the command line: `1,8,32`, `1..1024x2`, `10..100+10`, and mixtures of them. */

import {usageError} from '../errors.ts';
import {type Bounds, parseCount, parseDecimal, shown} from './values.ts';

/** What the numbers of a list may be. */
export interface LevelBounds extends Bounds {
	/** Whole numbers only. */
	readonly whole: boolean;
}

/** More levels than this are a slip of the finger. */
const mostLevels = 1_024;

/**
 * Numbers in the order given. `A..BxF` is A, A·F, A·F², … and `A..B+S` is A, A+S, A+2S, …, both as long as they do not
 * pass B.
 */
export function parseLevels(flag: string, text: string, bounds: LevelBounds): readonly number[] {
	const parts = text.split(',');
	if (parts.some((part) => part.trim() === '' || part !== part.trim())) {
		const mended = parts.map((part) => part.trim()).filter((part) => part !== '');
		if (mended.length === 0)
			throw usageError(`${flag} ${shown(text)}: there is no number.`, `For example: ${flag} 1,8,32`);
		// A wrong number comes first: what is suggested must be right.
		parseLevels(flag, mended.join(','), bounds);
		const problem = parts.some((part) => part.trim() === '')
			? 'a number is missing beside a comma'
			: 'there is a blank';
		throw usageError(`${flag} ${shown(text)}: ${problem}.`, `Nearest: ${flag} ${shown(mended.join(','))}`);
	}
	const levels = parts.flatMap((part) =>
		/\d(\.\.|-)/.test(part) ? range(flag, part, bounds) : [single(flag, part, bounds)],
	);
	if (levels.length > mostLevels) throw tooMany(flag, text);
	return levels;
}

function single(flag: string, text: string, bounds: LevelBounds): number {
	return bounds.whole ? parseCount(flag, text, bounds) : parseDecimal(flag, text, bounds);
}

function tooMany(flag: string, text: string): Error {
	return usageError(
		`${flag} ${shown(text)}: that is more than ${mostLevels.toLocaleString('en-US')} levels.`,
		'Take a larger step, or a range that multiplies, like 1..1024x2.',
	);
}

function range(flag: string, text: string, bounds: LevelBounds): readonly number[] {
	const match = /^([\w.]+?)\.\.([\w.]+?)(?:([x*+])([\d.]+))?$/.exec(text);
	if (match === null) {
		throw usageError(
			`${flag} ${shown(text)}: that is not a range.`,
			`Ranges look like ${flag} 1..1024x2 (times 2 each) or 10..100+10 (plus 10 each).`,
		);
	}
	const [, fromText = '', toText = '', sign, stepText = ''] = match;
	const from = single(flag, fromText, bounds);
	const to = single(flag, toText, bounds);
	if (sign === undefined || sign === '*') {
		throw usageError(
			`${flag} ${shown(text)}: the step is missing.`,
			`Write ${flag} ${fromText}..${toText}x${sign === '*' ? stepText : '2'} to multiply or ${fromText}..${toText}+${sign === '*' ? stepText : '1'} to add.`,
		);
	}
	if (from > to) {
		throw usageError(
			`${flag} ${shown(text)}: the range ends before it begins.`,
			`Nearest: ${flag} ${toText}..${fromText}${sign}${stepText}`,
		);
	}
	const step = bounds.whole ? Number(/^\d+$/.test(stepText) ? stepText : Number.NaN) : Number(stepText);
	const least = sign === 'x' ? 1 : 0;
	if (!(step > least) || step > bounds.most) {
		throw usageError(
			`${flag} ${shown(text)}: the step must be ${bounds.whole ? 'a whole number' : 'a number'} above ${least}.`,
			`Nearest: ${flag} ${fromText}..${toText}${sign}${least + 1}`,
		);
	}
	const levels: number[] = [];
	for (let place = 0; levels.length <= mostLevels; place++) {
		const exact = sign === 'x' ? from * step ** place : from + place * step;
		// Twelve significant digits take off what binary fractions add (0.1 + 2 × 0.1).
		const level = Number(exact.toPrecision(12));
		if (level > to) return levels;
		levels.push(level);
	}
	throw tooMany(flag, text);
}
