/**
 * The stream table's rows as they cross the thread boundary: ten numbers a stream, NaN for what is not known (the
 * only place where NaN stands for that; it never leaves this file).
 */

import type {StreamRow, StreamState} from '../../snapshot.ts';

const states: readonly StreamState[] = ['idle', 'queued', 'prefill', 'decode', 'done', 'failed'];

export const rowWidth = 10;

/** What a slot knows of itself; `undefined` members are not known. */
export interface RowFacts {
	readonly stream: number;
	readonly state: StreamState;
	readonly tokens: number | undefined;
	readonly estimated: boolean;
	readonly tokensPerSecond: number | undefined;
	readonly meanTokensPerSecond: number | undefined;
	readonly ttftMs: number | undefined;
	readonly worstGapMs: number | undefined;
	readonly ageMs: number | undefined;
	/** The longest gap since its row was last told. */
	readonly newGapMs: number | undefined;
}

export function packRow(rows: Float64Array, place: number, row: RowFacts): void {
	const at = place * rowWidth;
	rows[at] = row.stream;
	rows[at + 1] = states.indexOf(row.state);
	rows[at + 2] = row.tokens ?? Number.NaN;
	rows[at + 3] = row.estimated ? 1 : 0;
	rows[at + 4] = row.tokensPerSecond ?? Number.NaN;
	rows[at + 5] = row.meanTokensPerSecond ?? Number.NaN;
	rows[at + 6] = row.ttftMs ?? Number.NaN;
	rows[at + 7] = row.worstGapMs ?? Number.NaN;
	rows[at + 8] = row.ageMs ?? Number.NaN;
	rows[at + 9] = row.newGapMs ?? Number.NaN;
}

type Mutable<Type> = {-readonly [Name in keyof Type]: Type[Name]};

/**
 * Reads all rows. `details` are the errors of failed streams; `gapsOf` takes a stream's longest new gap and gives those
 * of its last seconds. A thousand rows four times a second: each is one object, made in place.
 */
export function unpackRows(
	rows: Float64Array,
	details: ReadonlyMap<number, string>,
	gapsOf: (stream: number, newGapMs: number | undefined) => StreamRow['gapsMs'] = () => undefined,
): StreamRow[] {
	const result: StreamRow[] = [];
	for (let at = 0; at + rowWidth <= rows.length; at += rowWidth) {
		const stream = rows[at] ?? 0;
		const state = states[rows[at + 1] ?? 0] ?? 'idle';
		const row: Mutable<StreamRow> = {stream, state, estimated: rows[at + 3] === 1};
		const tokens = known(rows[at + 2]);
		if (tokens !== undefined) row.tokens = tokens;
		const tokensPerSecond = known(rows[at + 4]);
		if (tokensPerSecond !== undefined) row.tokensPerSecond = tokensPerSecond;
		const meanTokensPerSecond = known(rows[at + 5]);
		if (meanTokensPerSecond !== undefined) row.meanTokensPerSecond = meanTokensPerSecond;
		const ttftMs = known(rows[at + 6]);
		if (ttftMs !== undefined) row.ttftMs = ttftMs;
		const worstGapMs = known(rows[at + 7]);
		if (worstGapMs !== undefined) row.worstGapMs = worstGapMs;
		const ageMs = known(rows[at + 8]);
		if (ageMs !== undefined) row.ageMs = ageMs;
		const detail = state === 'failed' ? details.get(stream) : undefined;
		if (detail !== undefined) row.detail = detail;
		const gapsMs = gapsOf(stream, known(rows[at + 9]));
		if (gapsMs !== undefined && gapsMs.length > 0) row.gapsMs = gapsMs;
		result.push(row);
	}
	return result;
}

function known(value: number | undefined): number | undefined {
	return value === undefined || Number.isNaN(value) ? undefined : value;
}
