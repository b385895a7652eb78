/** Tables that are there only when there is something to say: goals, runs of the same level, the server's own story. */

import {compact, integer, missing, percent, plainText} from '../format.ts';
import type {Interval, Level, Repeated, Session} from '../snapshot.ts';
import {askedOf, goalsText} from './asked.ts';
import {type ColumnOf, type TableBlock, tableOf} from './block.ts';
import {isRepeated, levelName, loadNumber} from './level-name.ts';
import {outsideEngineMs, serverTtftMs} from './level-values.ts';

function right<Row>(title: string, rank: number, cell: (row: Row) => string): ColumnOf<Row> {
	return {title, align: 'right', rank, cell, optional: rank > 0};
}

/** Goodput of every level; nothing without goals. */
export function goodputTable(session: Session): TableBlock[] {
	const goals = goalsText(askedOf(session).goals);
	const levels = session.levels.filter((level) => level.goodput !== undefined);
	if (goals === '' || levels.length === 0) return [];
	const withRun = isRepeated(session.levels);
	const columns: ColumnOf<Level>[] = [
		{title: 'load', align: 'left', rank: 0, cell: (level) => levelName(level, {withRun})},
		right('of all attempted', 0, (level) => percent(level.goodput?.ratio)),
		right('good req/s', 1, (level) => compact(level.goodput?.requestsPerSecond)),
		right('good tok/s', 2, (level) => compact(level.goodput?.tokensPerSecond)),
	];
	return [tableOf(`Goodput: requests with ${goals}`, levels, columns)];
}

/** `1,498 ± 12`: the mean of the runs and half the width of its 95 % interval. */
export function intervalText(interval: Interval | undefined): string {
	if (interval === undefined) return missing;
	if (interval.halfWidth === undefined) return compact(interval.mean);
	return `${compact(interval.mean)} ± ${compact(interval.halfWidth)}`;
}

/** Levels that were run several times; nothing when each was run once. */
export function repeatedTable(session: Session): TableBlock[] {
	const repeated = session.repeated.filter((entry) => entry.runs > 1);
	if (repeated.length === 0) return [];
	const open = repeated.every((entry) => entry.mode === 'open');
	const columns: ColumnOf<Repeated>[] = [
		{
			title: 'server',
			align: 'left',
			rank: 0,
			optional: true,
			cell: ({setting}) => (setting === undefined ? missing : plainText(setting)),
		},
		right(open ? 'rate/s' : 'streams', 0, loadNumber),
		right('runs', 0, (entry) => integer(entry.runs)),
		right('tok/s', 0, (entry) => intervalText(entry.outputTokensPerSecond)),
		right('TTFT p50', 1, (entry) => intervalText(entry.ttftP50Ms)),
		right('TTFT p99', 2, (entry) => intervalText(entry.ttftP99Ms)),
		right('TPOT p50', 3, (entry) => intervalText(entry.tpotP50Ms)),
		right('E2E p50', 4, (entry) => intervalText(entry.e2eP50Ms)),
		right('req/s', 5, (entry) => intervalText(entry.requestsPerSecond)),
	];
	return [tableOf('Mean of the runs ± 95 % confidence (Student), times in ms', repeated, columns)];
}

/** What the server told of itself beside what was measured here; nothing when it told nothing. */
export function serverTable(session: Session): TableBlock[] {
	const levels = session.levels.filter((level) => level.server !== undefined);
	if (levels.length === 0) return [];
	const withRun = isRepeated(session.levels);
	const queueKnown = levels.some((level) => level.server?.queueMs !== undefined);
	const columns: ColumnOf<Level>[] = [
		{title: 'load', align: 'left', rank: 0, cell: (level) => levelName(level, {withRun})},
		right('queue', 1, (level) => compact(level.server?.queueMs)),
		right('load model', 7, (level) => compact(level.server?.loadMs)),
		right('prefill', 2, (level) => compact(level.server?.prefillMs)),
		right('decode', 5, (level) => compact(level.server?.decodeMs)),
		right('decode tok/s', 6, (level) => compact(level.server?.decodeTokensPerSecond)),
		right('TTFT inside', 4, (level) => compact(serverTtftMs(level))),
		right('TTFT here', 3, (level) => compact(level.ttftMs.mean)),
		right(queueKnown ? 'outside the engine' : 'queue and outside', 2, (level) => compact(outsideEngineMs(level))),
	];
	return [tableOf('What the server says of itself, means in ms', levels, columns)];
}
