/** The main table: one row a level, the columns in the order in which people read them. */

import {compact, decimal, integer, missing, percent, plainText} from '../format.ts';
import type {Level} from '../snapshot.ts';
import {type ColumnOf, type TableBlock, tableOf} from './block.ts';
import {loadNumber} from './level-name.ts';
import {headline, headlineTtft, msOf, secondsOf} from './level-values.ts';

/** Signs behind the first column; legend.ts explains those that occur. */
export const marks = {clientLimited: '!', partial: '*'} as const;

export function levelsTable(levels: readonly Level[]): TableBlock {
	return tableOf(levels.length === 1 ? 'Result, times in ms' : 'Results, times in ms', levels, columnsFor(levels), {
		main: true,
	});
}

function marksOf(level: Level): string {
	const limited = level.verdicts.client.value === 'client-limited' ? marks.clientLimited : '';
	return `${limited}${level.partial ? marks.partial : ''}`;
}

function columnsFor(levels: readonly Level[]): ColumnOf<Level>[] {
	const open = levels.every((level) => level.mode === 'open');
	const marksWidth = Math.max(0, ...levels.map((level) => marksOf(level).length));
	const right = (title: string, rank: number, cell: (level: Level) => string): ColumnOf<Level> => ({
		title,
		align: 'right',
		rank,
		cell,
	});
	const optional = (title: string, rank: number, cell: (level: Level) => string): ColumnOf<Level> => ({
		...right(title, rank, cell),
		optional: true,
	});
	/** Whole responses have no first token and no gaps; where nothing came at all, `-` says more than no column. */
	const streamed = levels.every((level) => level.e2eMs.count === 0) || levels.some((level) => level.ttftMs.count > 0);
	const inStream = streamed ? right : optional;
	/** A column that is there only when at least one level has something in it. */
	const counted = (title: string, rank: number, count: (level: Level) => number): ColumnOf<Level>[] =>
		levels.some((level) => count(level) > 0) ? [right(title, rank, (level) => integer(count(level)))] : [];

	return [
		{
			title: 'server',
			align: 'left',
			rank: 0,
			optional: true,
			cell: ({setting}) => (setting === undefined ? missing : plainText(setting)),
		},
		right(open ? 'rate/s' : 'streams', 0, (level) => {
			const sign = marksOf(level);
			return marksWidth === 0 ? loadNumber(level) : `${loadNumber(level)} ${sign.padEnd(marksWidth)}`;
		}),
		...(levels.some((level) => level.repeat > 1) ? [right('run', 0, (level) => integer(level.repeat))] : []),
		right('ok', 0, (level) => integer(level.requests.ok)),
		right('fail', 0, (level) => integer(level.requests.failed)),
		...counted('dropped', 1, (level) => level.requests.dropped),
		...counted('cut off', 7, (level) => level.requests.incomplete),
		right('tok/s', 0, rateCell),
		right('req/s', 8, (level) => compact(headline(level).throughput?.requestsPerSecond)),
		inStream('per stream', 1, (level) => compact(level.perStream.p50)),
		inStream('TTFT p50', 1, (level) => compact(headlineTtft(level).p50)),
		inStream('TTFT p99', 2, (level) => compact(headlineTtft(level).p99)),
		optional('TPOT p50', 9, (level) => compact(level.tpotMs.p50)),
		inStream('gap p99', 4, (level) => compact(msOf(level.gapUs.p99))),
		right('E2E p50', 6, (level) => compact(level.e2eMs.p50)),
		right('E2E p99', 7, (level) => compact(level.e2eMs.p99)),
		optional('lag p99', 3, (level) => compact(level.client.scheduleLagP99Ms)),
		optional('goodput', 4, (level) => percent(level.goodput?.ratio)),
		optional('open', 10, (level) => compact(level.observedConcurrency.mean)),
		right('tokens', 11, (level) => integer(level.tokens.output)),
		right('wall s', 10, (level) => decimal(secondsOf(level.durationMs), 1)),
		optional('µs/token', 12, (level) => compact(level.client.cpuUsPerToken)),
		{title: 'client', align: 'left', rank: 5, cell: (level) => level.verdicts.client.value},
	];
}

/** The headline with the window it was taken over: `1,498 steady`. */
function rateCell(level: Level): string {
	const {kind, throughput} = headline(level);
	if (throughput?.outputTokensPerSecond === undefined) return missing;
	return `${compact(throughput.outputTokensPerSecond)} ${kind.padEnd('steady'.length)}`;
}
