/** Bar meters: a name, a bar, a figure. Green, from 60 % on yellow, from 80 % on red; what warns has a sign as well. */

import {missing} from '../format.ts';
import {fitLine, type Line, type Style, span} from './line.ts';
import {bar} from './sparkline.ts';
import type {Symbols} from './symbols.ts';
import {fitText} from './text.ts';

/** Stands beside a figure that is a warning. */
export const warningSign = '!';

/** A part of a whole, 0 and more; absent when either is not known or there is no whole. */
export function share(part: number | undefined, whole: number | undefined): number | undefined {
	if (part === undefined || whole === undefined || !(whole > 0)) return undefined;
	const ratio = part / whole;
	return Number.isFinite(ratio) ? ratio : undefined;
}

/** How full something is, as a colour; by the percentage as it is shown, so that 80 % is always red. */
export function fillStyle(ratio: number | undefined): Extract<Style, 'good' | 'warn' | 'bad'> | undefined {
	if (ratio === undefined || !Number.isFinite(ratio)) return undefined;
	const shown = Math.round(ratio * 100);
	return shown >= 80 ? 'bad' : shown >= 60 ? 'warn' : 'good';
}

/** A bar of exactly `width` columns; blank when the share is not known. */
export function meterBar(ratio: number | undefined, width: number, symbols: Symbols): Line {
	if (ratio === undefined || !Number.isFinite(ratio)) return [span(' '.repeat(width))];
	const cells = bar(ratio, width, symbols);
	let filled = cells.length;
	while (filled > 0 && cells[filled - 1] === symbols.bar.track) filled -= 1;
	return [span(cells.slice(0, filled), fillStyle(ratio)), span(cells.slice(filled), 'quiet')];
}

export interface Meter {
	readonly name: string;
	/** 0 to 1; the bar is blank when it is absent. */
	readonly ratio: number | undefined;
	/** `-` when it is not known. */
	readonly figure: string;
}

/** Bars with fewer cells than this say nothing. */
const leastBar = 4;

/** A meter of exactly `width` columns: the name, the bar in what is left, the figure at the right. */
export function meterLine(
	meter: Meter,
	options: {
		readonly width: number;
		readonly nameWidth: number;
		readonly figureWidth: number;
		readonly symbols: Symbols;
	},
): Line {
	const {width, nameWidth, figureWidth, symbols} = options;
	const barWidth = width - nameWidth - figureWidth - 1;
	return fitLine(
		[
			span(fitText(meter.name, nameWidth), 'quiet'),
			...(barWidth < leastBar ? [] : [...meterBar(meter.ratio, barWidth, symbols), span(' ')]),
			span(fitText(meter.figure, figureWidth, 'right'), meter.figure === missing ? 'quiet' : 'strong'),
		],
		width,
	);
}
