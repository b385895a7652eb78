/** The scale of the sparklines of gaps in the stream table: one for all streams, so that they can be compared. */

import type {StreamRow} from '../snapshot.ts';
import {axisLabel, scaleEnd} from './scale.ts';
import type {Symbols} from './symbols.ts';

export interface Scale {
	/** The gap of a full column, ms. */
	readonly end: number;
	/** Whether there are longer gaps, which are full columns too. */
	readonly isExceeded: boolean;
}

/** Gaps that the usual one is taken from, at most. */
const sampleSize = 1024;

/**
 * A scale that ends at the longest gap, but not far above three times the usual one (the median): with one stall of a
 * second among gaps of 20 ms everything else would be flat for a minute. A stall is then a full column, and its length
 * stands under WORST. Absent when there was no gap.
 */
export function gapScale(rows: readonly StreamRow[]): Scale | undefined {
	const seconds = rows.reduce((sum, {gapsMs}) => sum + (gapsMs?.length ?? 0), 0);
	const step = Math.ceil(seconds / sampleSize);
	const sample: number[] = [];
	let longest: number | undefined;
	let count = 0;
	for (const {gapsMs} of rows) {
		for (let place = 0; place < (gapsMs?.length ?? 0); place++) {
			const gap = gapsMs?.at(place);
			if (gap === undefined) continue;
			if (count % step === 0) sample.push(gap);
			if (longest === undefined || gap > longest) longest = gap;
			count += 1;
		}
	}
	if (longest === undefined) return undefined;
	const median = sample.sort((one, other) => one - other)[Math.floor(sample.length / 2)] ?? longest;
	const end = scaleEnd([Math.min(longest, 3 * median)]) ?? 1;
	return {end, isExceeded: longest > end};
}

interface GapsHead {
	readonly scale: Scale;
	/** One column a second. */
	readonly width: number;
	readonly symbols: Symbols;
}

/** What stands above the sparklines: what they are, how long back they go, and what a full column means. */
export function gapsHead({scale, width, symbols}: GapsHead): string {
	const full = symbols.levels.at(-1) ?? '';
	const end = axisLabel(scale.end);
	const [orMore, plus] = scale.isExceeded ? [' or more', '+'] : ['', ''];
	const heads = [
		`GAPS, LAST ${width} s, ${full} = ${end} ms${orMore}`,
		`GAPS, ${width} s, ${full} = ${end}${plus} ms`,
		`GAPS ${full} = ${end}${plus} ms`,
		`GAPS ${full}=${end}${plus}ms`,
	];
	return heads.find((head) => head.length <= width) ?? 'GAPS';
}
