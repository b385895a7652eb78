/**
 * The stream table's rows as they cross the thread boundary: nine numbers a stream, NaN for what is not known (the
 * only place where NaN stands for that; it never leaves this file).
 */

import type {StreamRow, StreamState} from '../../snapshot.ts';

const states: readonly StreamState[] = ['idle', 'queued', 'prefill', 'decode', 'done', 'failed'];

export const rowWidth = 9;

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
}

/** Reads all rows; `details` are the errors of failed streams. */
export function unpackRows(rows: Float64Array, details: ReadonlyMap<number, string>): StreamRow[] {
	const result: StreamRow[] = [];
	for (let at = 0; at + rowWidth <= rows.length; at += rowWidth) {
		const stream = rows[at] ?? 0;
		const detail = details.get(stream);
		const state = states[rows[at + 1] ?? 0] ?? 'idle';
		result.push({
			stream,
			state,
			estimated: rows[at + 3] === 1,
			...known('tokens', rows[at + 2]),
			...known('tokensPerSecond', rows[at + 4]),
			...known('meanTokensPerSecond', rows[at + 5]),
			...known('ttftMs', rows[at + 6]),
			...known('worstGapMs', rows[at + 7]),
			...known('ageMs', rows[at + 8]),
			...(state === 'failed' && detail !== undefined ? {detail} : {}),
		});
	}
	return result;
}

function known<Name extends keyof StreamRow>(name: Name, value: number | undefined): Partial<Record<Name, number>> {
	if (value === undefined || Number.isNaN(value)) return {};
	const member: Partial<Record<Name, number>> = {};
	member[name] = value;
	return member;
}
