/**
 * The stream table's rows on their way between two machines: columns of whole numbers, each told as the difference from
 * the one before, which mostly is a small number or 0. Times are told to 10 µs, ages to 10 ms, rates to a tenth of a
 * token a second: more than anybody is shown.
 */

import type {GapList, StreamRow, StreamState} from '../../snapshot.ts';
import {isObject} from './patch.ts';

const states: readonly StreamState[] = ['idle', 'queued', 'prefill', 'decode', 'done', 'failed'];

/** Steps in one of each column's units. */
const scales = {
	tokens: 1,
	tokensPerSecond: 10,
	meanTokensPerSecond: 10,
	ttftMs: 100,
	worstGapMs: 100,
	ageMs: 0.1,
} as const;
type Column = keyof typeof scales;
const columns = Object.keys(scales) as readonly Column[];

/** Stands for a number that is not known; none of them is negative. */
const unknown = -1;
/** Steps of a gap in a millisecond, as for the other times. */
const gapScale = 100;
/** Gaps that a row has at most. */
const mostGaps = 60;
/** Rows that a table has at most: ports end before. */
const mostRows = 65_535;

/** All that is known of the rows, as whole numbers. */
interface Table {
	readonly stream: readonly number[];
	/** Place of the state, and whether tokens are estimated: `2 × place + estimated`. */
	readonly state: readonly number[];
	readonly cells: Readonly<Record<Column, readonly number[]>>;
	readonly detail: readonly (string | undefined)[];
	readonly gaps: readonly (readonly number[] | undefined)[];
	/** What they were made from, to tell in one comparison that nothing has changed. */
	readonly lists: readonly (GapList | undefined)[];
}

const emptyCells: Table['cells'] = {
	tokens: [],
	tokensPerSecond: [],
	meanTokensPerSecond: [],
	ttftMs: [],
	worstGapMs: [],
	ageMs: [],
};
const empty: Table = {stream: [], state: [], cells: emptyCells, detail: [], gaps: [], lists: []};

/** Tells rows, each time as the difference from those before. */
export class StreamColumnsWriter {
	#before: Table = empty;

	/** For `StreamColumnsReader.read`, which must get all of them in their order. */
	write(rows: readonly StreamRow[]): unknown {
		const before = this.#before;
		const after = tableOf(rows, before);
		this.#before = after;
		return {
			rows: after.stream.length,
			stream: differences(before.stream, after.stream),
			state: differences(before.state, after.state),
			...Object.fromEntries(columns.map((name) => [name, differences(before.cells[name], after.cells[name])])),
			detail: changedDetails(before.detail, after.detail),
			gaps: changedGaps(before.gaps, after.gaps),
		};
	}
}

/** Makes the rows again. Throws a `RangeError` when what it is given cannot be. */
export class StreamColumnsReader {
	#before: Table = empty;

	read(told: unknown): readonly StreamRow[] {
		if (!isObject(told)) throw unfit();
		const {rows} = told;
		if (typeof rows !== 'number' || !Number.isInteger(rows) || rows < 0 || rows > mostRows) throw unfit();
		const before = this.#before;
		const after: Table = {
			stream: summed(before.stream, told.stream, rows),
			state: summed(before.state, told.state, rows),
			cells: {
				tokens: summed(before.cells.tokens, told.tokens, rows),
				tokensPerSecond: summed(before.cells.tokensPerSecond, told.tokensPerSecond, rows),
				meanTokensPerSecond: summed(before.cells.meanTokensPerSecond, told.meanTokensPerSecond, rows),
				ttftMs: summed(before.cells.ttftMs, told.ttftMs, rows),
				worstGapMs: summed(before.cells.worstGapMs, told.worstGapMs, rows),
				ageMs: summed(before.cells.ageMs, told.ageMs, rows),
			},
			detail: patchedDetails(before.detail, told.detail, rows),
			gaps: patchedGaps(before.gaps, told.gaps, rows),
			lists: [],
		};
		this.#before = after;
		return after.stream.map((_, place) => rowOf(after, place));
	}
}

function tableOf(rows: readonly StreamRow[], before: Table): Table {
	const column = (name: Column) => {
		const scale = scales[name];
		return rows.map((row) => {
			const value = row[name];
			return value === undefined || !Number.isFinite(value) ? unknown : Math.round(value * scale);
		});
	};
	return {
		stream: rows.map(({stream}) => stream),
		state: rows.map(({state, estimated}) => 2 * states.indexOf(state) + Number(estimated)),
		cells: {
			tokens: column('tokens'),
			tokensPerSecond: column('tokensPerSecond'),
			meanTokensPerSecond: column('meanTokensPerSecond'),
			ttftMs: column('ttftMs'),
			worstGapMs: column('worstGapMs'),
			ageMs: column('ageMs'),
		},
		detail: rows.map(({detail}) => detail),
		gaps: rows.map(({gapsMs}, place) => (gapsMs === before.lists[place] ? before.gaps[place] : gapsOf(gapsMs))),
		lists: rows.map(({gapsMs}) => gapsMs),
	};
}

function gapsOf(list: GapList | undefined): readonly number[] | undefined {
	if (list === undefined) return undefined;
	return Array.from({length: Math.min(list.length, mostGaps)}, (_, place) => {
		const gap = list.at(place);
		return gap === undefined ? unknown : Math.round(gap * gapScale);
	});
}

function rowOf({stream, state, cells, detail, gaps}: Table, place: number): StreamRow {
	const what = state[place] ?? 0;
	const cell = (name: Column) => {
		const value = cells[name][place] ?? unknown;
		return value === unknown ? {} : {[name]: value / scales[name]};
	};
	const why = detail[place];
	const told = gaps[place];
	return {
		stream: stream[place] ?? 0,
		state: states[what >> 1] ?? 'idle',
		estimated: what % 2 === 1,
		...cell('tokens'),
		...cell('tokensPerSecond'),
		...cell('meanTokensPerSecond'),
		...cell('ttftMs'),
		...cell('worstGapMs'),
		...cell('ageMs'),
		...(why === undefined ? {} : {detail: why}),
		...(told === undefined ? {} : {gapsMs: told.map((gap) => (gap === unknown ? undefined : gap / gapScale))}),
	};
}

/** One number a row, as long as any of them differs; `[]`: none does, and there are as many as before. */
function differences(before: readonly number[], after: readonly number[]): readonly number[] {
	const list = after.map((value, place) => value - (before[place] ?? 0));
	return before.length === after.length && list.every((difference) => difference === 0) ? [] : list;
}

function summed(before: readonly number[], told: unknown, rows: number): readonly number[] {
	if (!Array.isArray(told) || (told.length !== rows && told.length > 0)) throw unfit();
	if (told.length === 0) return before.length === rows ? before : Array.from({length: rows}, () => 0);
	return told.map((difference: unknown, place) => {
		const value = typeof difference === 'number' ? difference + (before[place] ?? 0) : Number.NaN;
		if (!Number.isSafeInteger(value) || value < unknown) throw unfit();
		return value;
	});
}

function changedDetails(before: Table['detail'], after: Table['detail']): Record<string, string | null> {
	const changed: Record<string, string | null> = {};
	for (const [place, text] of after.entries()) if (text !== before[place]) changed[place] = text ?? null;
	return changed;
}

function patchedDetails(before: Table['detail'], changed: unknown, rows: number): Table['detail'] {
	if (!isObject(changed)) throw unfit();
	const details: (string | undefined)[] = Array.from({length: rows}, (_, place) => before[place]);
	for (const [name, text] of Object.entries(changed)) {
		if (text !== null && typeof text !== 'string') throw unfit();
		details[placeOf(name, rows)] = text ?? undefined;
	}
	return details;
}

/**
 * By row: the seconds that are new, or the whole list after an `unknown` count; `null` when there is none any more. Most
 * rows have no new second in most snapshots, and then one.
 */
function changedGaps(before: Table['gaps'], after: Table['gaps']): Record<string, readonly unknown[] | null> {
	const changed: Record<string, readonly unknown[] | null> = {};
	for (const [place, list] of after.entries()) {
		const old = before[place];
		if (list === old) continue;
		if (list === undefined) changed[place] = null;
		else {
			const fresh = old === undefined ? undefined : freshOf(old, list);
			if (fresh === undefined) changed[place] = [list];
			else if (fresh.length > 0) changed[place] = fresh;
		}
	}
	return changed;
}

/** The last elements, such that the old list with them at its end is the new one; absent when it is another list. */
function freshOf(old: readonly number[], list: readonly number[]): readonly number[] | undefined {
	for (let count = 0; count <= Math.min(3, list.length); count++) {
		const kept = list.length - count;
		if (kept > old.length) continue;
		if (list.length < mostGaps && kept !== old.length) continue;
		const from = old.length - kept;
		if (list.every((gap, place) => place >= kept || gap === old[from + place])) return list.slice(kept);
	}
	return undefined;
}

function patchedGaps(before: Table['gaps'], changed: unknown, rows: number): Table['gaps'] {
	if (!isObject(changed)) throw unfit();
	const gaps: (readonly number[] | undefined)[] = Array.from({length: rows}, (_, place) => before[place]);
	for (const [name, told] of Object.entries(changed)) {
		const place = placeOf(name, rows);
		if (told === null) gaps[place] = undefined;
		else if (!Array.isArray(told)) throw unfit();
		else {
			const [whole]: readonly unknown[] = told;
			gaps[place] = (Array.isArray(whole) ? numbers(whole) : [...(gaps[place] ?? []), ...numbers(told)]).slice(
				-mostGaps,
			);
		}
	}
	return gaps;
}

function numbers(list: readonly unknown[]): readonly number[] {
	return list.map((value) => {
		if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < unknown) throw unfit();
		return value;
	});
}

function placeOf(name: string, rows: number): number {
	const place = Number(name);
	if (!Number.isInteger(place) || place < 0 || place >= rows) throw unfit();
	return place;
}

function unfit(): RangeError {
	return new RangeError('rows of streams do not fit those before');
}
