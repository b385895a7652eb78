/** A series as a row of small columns, newest at the right. What was not measured is left blank. */

import {Cells} from './cells.ts';
import type {Line} from './line.ts';
import {scaleEnd} from './scale.ts';
import type {Symbols} from './symbols.ts';

export interface SparklineOptions {
	readonly width: number;
	/** Screen lines, ≥ 1. */
	readonly height: number;
	/** The value of a full column; 0 is the foot. Absent: a round number for the values shown. */
	readonly end?: number;
	readonly symbols: Symbols;
}

/** `height` strings of `width` columns, top line first. A measured value is never blank: the least is the lowest sign. */
export function sparkline(values: readonly (number | undefined)[], options: SparklineOptions): string[] {
	const {width, height, symbols} = options;
	const shown = values.slice(Math.max(0, values.length - width));
	const end = options.end ?? scaleEnd(shown) ?? 1;
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

/**
 * The same as lines, with thin upright lines where the columns leave room for them: places in `values`, 0 the first,
 * 1.5 between the second and the third.
 */
export function markedSparkline(
	values: readonly (number | undefined)[],
	options: SparklineOptions & {readonly marks: readonly number[]},
): Line[] {
	const {width, height, symbols} = options;
	const cells = new Cells(width, height);
	for (const [row, text] of sparkline(values, options).entries()) cells.write(0, row, text, 'accent');
	for (const mark of options.marks) {
		const column = width - values.length + Math.round(mark);
		if (column < 0 || column >= width) continue;
		for (let row = 0; row < height; row++) {
			if (cells.isBlank(column, row)) cells.write(column, row, symbols.mark, 'quiet');
		}
	}
	return cells.lines();
}

/** A share (0 to 1) as a bar of `width` columns. */
export function bar(ratio: number, width: number, symbols: Symbols): string {
	const {full, fractions, track} = symbols.bar;
	const steps = fractions.length + 1;
	const total = Math.round(Math.max(0, Math.min(1, ratio)) * width * steps);
	const cells = full.repeat(Math.floor(total / steps)) + (fractions[(total % steps) - 1] ?? '');
	return cells + track.repeat(width - cells.length);
}
