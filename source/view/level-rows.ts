/** The levels of a run as rows: those that have ended, the present one, and those to come. */

import type {LevelSummary, Quantiles, Snapshot, Verdict} from '../snapshot.ts';
import {figuresOf, inMs, levelTokensPerSecond} from './figures.ts';

export interface LevelRow {
	/** Streams, or requests a second; absent only in a run that does not say. */
	readonly number: number | undefined;
	/** How the server was started for it, where that is varied. */
	readonly setting?: string;
	/** `cut`: ended early, so its figures are of a part. */
	readonly state: 'ended' | 'cut' | 'present' | 'planned';
	readonly ok?: number;
	readonly failed?: number;
	readonly tokensPerSecond?: number;
	/** Token figures rest on events: `~`. */
	readonly estimated: boolean;
	/** Mean of its streams, tokens a second. */
	readonly eachTokensPerSecond?: number;
	/** In an open loop from the schedule. */
	readonly ttftMs?: Quantiles;
	readonly gapMs?: Quantiles;
	/** Share of its requests that met every goal, 0 to 1; absent without goals. */
	readonly goodRatio?: number;
	readonly client?: Verdict<string>;
	/** Round trip to the server's machine, where that is reached over SSH: the median while it ran, of the present one the newest. */
	readonly wayMs?: number;
}

/** In the order of the run. */
export function levelRows(snapshot: Snapshot): LevelRow[] {
	const {plan, finished, start} = snapshot;
	const present = start?.setting === undefined ? {} : {setting: start.setting};
	const rows = finished.map(endedRow);
	const figures = snapshot.level === undefined || snapshot.level.hasEnded ? undefined : figuresOf(snapshot);
	if (figures !== undefined) {
		rows.push({
			number: figures.concurrency ?? figures.rate,
			...present,
			state: 'present',
			ok: figures.requests.ok,
			failed: figures.requests.failed,
			...(figures.meanTokensPerSecond === undefined ? {} : {tokensPerSecond: figures.meanTokensPerSecond}),
			estimated: figures.estimated,
			...(figures.eachTokensPerSecond === undefined ? {} : {eachTokensPerSecond: figures.eachTokensPerSecond}),
			ttftMs: figures.ttftMs,
			gapMs: figures.gapMs,
			...(snapshot.level === undefined ? {} : {client: snapshot.level.verdicts.client}),
			...(figures.wayMs === undefined ? {} : {wayMs: figures.wayMs}),
		});
	}
	const planned = plan.levels.flatMap((number) => Array.from({length: plan.repeat}, () => number));
	return [
		...rows,
		...planned
			.slice(ofPresent(rows, start?.setting).length)
			.map((number): LevelRow => ({number, ...present, state: 'planned', estimated: false})),
	];
}

/** The levels of the server as it is started now: those of others cannot be compared with them. */
function ofPresent(rows: readonly LevelRow[], setting: string | undefined): readonly LevelRow[] {
	return rows.filter((row) => row.setting === setting);
}

/** The levels of the last server: what charts and sentences are about. */
export function comparableRows(rows: readonly LevelRow[]): readonly LevelRow[] {
	return ofPresent(rows, rows.at(-1)?.setting);
}

function endedRow(level: LevelSummary): LevelRow {
	const rate = levelTokensPerSecond(level);
	const wayMs = level.path?.roundTripMs.p50;
	return {
		number: level.concurrency ?? level.rate,
		...(level.setting === undefined ? {} : {setting: level.setting}),
		state: level.partial ? 'cut' : 'ended',
		ok: level.requests.ok,
		failed: level.requests.failed,
		...(rate === undefined ? {} : {tokensPerSecond: rate}),
		estimated: level.tokens.source === 'events',
		...(level.perStream.mean === undefined ? {} : {eachTokensPerSecond: level.perStream.mean}),
		ttftMs: level.ttftFromScheduleMs ?? level.ttftMs,
		gapMs: inMs(level.gapUs),
		...(level.goodput === undefined ? {} : {goodRatio: level.goodput.ratio}),
		client: level.verdicts.client,
		...(wayMs === undefined ? {} : {wayMs}),
	};
}

/** Its figures tell of this machine and not of the server. */
export function isClientLimited({client}: LevelRow): boolean {
	return client?.value === 'client-limited';
}

/** A share as a percentage, rounded down: 100 is only said when it was all of them. */
export function wholePercent(ratio: number): number {
	// 0.29 × 100 is a little below 29.
	return Math.floor(ratio * 100 + 1e-9);
}
