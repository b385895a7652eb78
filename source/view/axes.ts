/** The axes of charts: where a value stands between the two ends, and the round numbers that are written at them. */

import {axisLabel} from './scale.ts';

export interface Tick {
	readonly value: number;
	readonly text: string;
}

export interface Axis {
	/** Place of a value: 0 at the beginning, 1 at the end; a value beyond them has no place. */
	readonly place: (value: number) => number | undefined;
	/** Sets of ticks in rising order, the one with the most first; a chart takes the first that has room. */
	readonly ticks: readonly (readonly Tick[])[];
}

/** Values beyond an end by less than this share of the axis are rounding errors. */
const tolerance = 1e-9;

function inside(place: number): number | undefined {
	if (!(place >= -tolerance && place <= 1 + tolerance)) return undefined;
	return Math.max(0, Math.min(1, place));
}

function linear(from: number, to: number): Axis['place'] {
	return (value) => inside((value - from) / (to - from));
}

/** Spaced by the ratio of values: the same distance for each doubling. */
function logarithmic(from: number, to: number): Axis['place'] {
	const width = Math.log2(to / from);
	return (value) => (value > 0 ? inside(Math.log2(value / from) / width) : undefined);
}

/** Upright, from 0 to a round number (`scaleEnd`). */
export function linearAxis(end: number): Axis {
	const parts = (count: number) =>
		Array.from({length: count + 1}, (_, part): Tick => {
			const value = (end * part) / count;
			return {value, text: axisLabel(value)};
		});
	// A quarter of 600 is not round, a third is.
	const isSix = end.toExponential(0).startsWith('6');
	return {place: linear(0, end), ticks: [parts(isSix ? 3 : 4), parts(2), parts(1)]};
}

/**
 * Upright, log₂: from a round number (1, 2 or 5 times a power of ten) not above the least of the values to one not
 * below the greatest. Values that are not above 0 have no place on it; absent when there is no other.
 */
export function logAxis(values: readonly (number | undefined)[]): Axis | undefined {
	const positive = values.flatMap((value) => (value !== undefined && value > 0 ? [value] : []));
	if (positive.length === 0) return undefined;
	const first = lastRound(Math.min(...positive));
	const last = Math.max(first + 1, -lastRound(1 / Math.max(...positive)));
	const all = Array.from({length: last - first + 1}, (_, step) => roundTick(first + step));
	const decades = all.filter((_, step) => (first + step) % 3 === 0);
	const ends = [roundTick(first), roundTick(last)];
	return {
		place: logarithmic(round(first), round(last)),
		ticks: [all, ...(decades.length > 1 ? [decades] : []), ends],
	};
}

/** Number `index` of …, 0.5, 1, 2, 5, 10, …: 1 is number 0. */
function round(index: number): number {
	const exponent = Math.floor(index / 3);
	const factor = [1, 2, 5][index - 3 * exponent] ?? 1;
	return exponent < 0 ? factor / 10 ** -exponent : factor * 10 ** exponent;
}

function roundTick(index: number): Tick {
	const value = round(index);
	return {value, text: axisLabel(value)};
}

/** Place in the row of round numbers of the greatest that is not above `value`. */
function lastRound(value: number): number {
	let index = 3 * Math.floor(Math.log10(value)) + 3;
	while (round(index) > value * (1 + tolerance)) index -= 1;
	return index;
}

/** Level, log₂ of a count or a rate, as wide as the values; with one value, from its half to its double. */
export function countAxis(values: readonly number[]): Axis | undefined {
	const positive = [...new Set(values)].filter((value) => value > 0).sort((one, other) => one - other);
	const [least] = positive;
	const most = positive.at(-1);
	if (least === undefined || most === undefined) return undefined;
	const [from, to] = least === most ? [least / 2, least * 2] : [least, most];
	const first = Math.ceil(Math.log2(from) - tolerance);
	const last = Math.floor(Math.log2(to) + tolerance);
	const powers = (stride: number) =>
		Array.from({length: Math.floor((last - first) / stride) + 1}, (_, step) => countTick(2 ** (first + step * stride)));
	const own = [positive.map(countTick), [countTick(least), countTick(most)], [countTick(least)]];
	const byPowers = last > first ? [1, 2, 3, 4, 5].filter((stride) => stride <= last - first).map(powers) : [];
	return {place: logarithmic(from, to), ticks: [...byPowers, ...own]};
}

/** A count is exact, and so is its label. */
function countTick(value: number): Tick {
	return {value, text: String(value)};
}

/** Spans of time whose quarters are round, s. */
const spans = [20, 40, 60, 120, 240, 480];
/** A chart is not narrower than this while it has the room, so that the first minute does not change its scale. */
const leastSpan = 60;

/**
 * The shortest span of at least a minute, s, that holds this age, and at most one that has a dot for each second; the
 * shortest of all when there are fewer dots.
 */
export function timeSpan(dots: number, ageS: number): number {
	const fitting = spans.filter((span) => span <= dots);
	return fitting.find((span) => span >= leastSpan && span >= ageS) ?? fitting.at(-1) ?? 20;
}

/** Level, linear: the last `seconds` before the newest point, which is at 0 (older ones are below 0). */
export function timeAxis(seconds: number, newest: string): Axis {
	const unit = seconds >= 240 ? {name: 'min', seconds: 60} : {name: 's', seconds: 1};
	const parts = (count: number) =>
		Array.from({length: count + 1}, (_, part): Tick => {
			const ago = (seconds * (count - part)) / count;
			const text = `−${ago / unit.seconds}${part === 0 ? ` ${unit.name}` : ''}`;
			return {value: -ago, text: part === count ? newest : text};
		});
	return {place: linear(-seconds, 0), ticks: [parts(4), parts(2), parts(1)]};
}
