/** A series as a row of small columns, newest at the right. What was not measured is left blank. */

import type {Symbols} from './symbols.ts';

export interface SparklineOptions {
	readonly width: number;
	/** Screen lines, ≥ 1. */
	readonly height: number;
	/** The value of a full column; 0 is the foot. */
	readonly end: number;
	readonly symbols: Symbols;
}

/** `height` strings of `width` columns, top line first. A measured value is never blank: the least is the lowest sign. */
export function sparkline(values: readonly (number | undefined)[], options: SparklineOptions): string[] {
	const {width, height, end, symbols} = options;
	const shown = values.slice(Math.max(0, values.length - width));
	const steps = symbols.levels.length;
	const heights = shown.map((value) =>
		value === undefined ? 0 : Math.min(height * steps, Math.max(1, Math.round((value / end) * height * steps))),
	);
	const lines: string[] = [];
	for (let row = height - 1; row >= 0; row--) {
		const cells = heights.map((total) => {
			const inRow = Math.min(steps, total - row * steps);
			return inRow <= 0 ? ' ' : (symbols.levels[inRow - 1] ?? ' ');
		});
		lines.push(cells.join('').padStart(width));
	}
	return lines;
}

/** A share (0 to 1) as a bar of `width` columns. */
export function bar(ratio: number, width: number, symbols: Symbols): string {
	const {full, fractions, track} = symbols.bar;
	const steps = fractions.length + 1;
	const total = Math.round(Math.max(0, Math.min(1, ratio)) * width * steps);
	const cells = full.repeat(Math.floor(total / steps)) + (fractions[(total % steps) - 1] ?? '');
	return cells + track.repeat(width - cells.length);
}
