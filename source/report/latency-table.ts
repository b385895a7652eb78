/** All percentiles of the latencies of a single level. A sweep has a row a level instead, and all of them in CSV and JSON. */

import {compact, integer} from '../format.ts';
import type {Distribution, LevelSummary} from '../snapshot.ts';
import {type ColumnOf, type TableBlock, tableOf} from './block.ts';

interface Latency {
	readonly name: string;
	/** Absent where the level has none. */
	readonly of: Distribution | undefined;
	/** What its values are multiplied with to be milliseconds. */
	readonly toMs: number;
}

type Figure = 'mean' | 'min' | 'p50' | 'p90' | 'p95' | 'p99' | 'p999' | 'max';

export function latencyTable(levels: readonly LevelSummary[]): TableBlock[] {
	const [level] = levels;
	if (level === undefined || levels.length > 1) return [];
	const rows = latenciesOf(level).filter((latency) => latency.of !== undefined && latency.of.count > 0);
	return rows.length === 0 ? [] : [tableOf('Latencies in ms', rows, columns)];
}

function latenciesOf(level: LevelSummary): Latency[] {
	const open = level.ttftFromScheduleMs !== undefined;
	return [
		{name: 'TTFT', of: level.ttftFromScheduleMs ?? level.ttftMs, toMs: 1},
		...(open ? [{name: 'TTFT after sending', of: level.ttftMs, toMs: 1}] : []),
		{name: 'first answer text', of: level.ttvtMs, toMs: 1},
		{name: 'TPOT', of: level.tpotMs, toMs: 1},
		{name: 'gap', of: level.gapUs, toMs: 0.001},
		{name: 'ITL', of: level.itlMs, toMs: 1},
		{name: 'E2E', of: level.e2eMs, toMs: 1},
	];
}

const figure = (title: string, name: Figure, rank: number): ColumnOf<Latency> => ({
	title,
	align: 'right',
	rank,
	cell: ({of, toMs}) => {
		const value = of?.[name];
		return compact(value === undefined ? undefined : value * toMs);
	},
});

const columns: readonly ColumnOf<Latency>[] = [
	{title: 'what', align: 'left', rank: 0, cell: (latency) => latency.name},
	figure('mean', 'mean', 3),
	figure('min', 'min', 7),
	figure('p50', 'p50', 0),
	figure('p90', 'p90', 5),
	figure('p95', 'p95', 4),
	figure('p99', 'p99', 1),
	{...figure('p99.9', 'p999', 6), optional: true},
	figure('max', 'max', 2),
	{title: 'samples', align: 'right', rank: 8, cell: (latency) => integer(latency.of?.count)},
];
