/**
 * The columns that five public comparisons of inference servers print, so that a run of ours can be laid beside
 * theirs: the two-GPU L40S comparison (per stream: seconds end to end, tokens, tokens a second; per level: wall time
 * and CPU time of the client), the A100 comparison with Qwen2-VL, vllama's page, and Red Hat's study of vLLM and Ollama.
 */

import {compact, decimal, integer, missing, plainText} from '../format.ts';
import type {Level, RequestRecord} from '../snapshot.ts';
import type {PublishedColumns} from './asked.ts';
import {type ColumnOf, type TableBlock, tableOf} from './block.ts';
import {isRepeated, levelName} from './level-name.ts';
import {headline, headlineTtft, secondsOf} from './level-values.ts';

/** Bursts up to this size are listed stream by stream. */
const listedStreams = 64;

export function publishedTables(levels: readonly Level[], columns: PublishedColumns | undefined): TableBlock[] {
	const bursts = levels.filter((level) => level.mode === 'burst');
	const withRun = isRepeated(levels);
	const lists = bursts
		.filter((level) => (level.concurrency ?? level.records.length) <= listedStreams && level.records.length > 0)
		.map((level) => streamsTable(level, levelName(level, {withRun})));
	const name = nameColumn(withRun);
	const perLevel = (title: string, own: readonly ColumnOf<Level>[], of = levels): TableBlock[] =>
		of.length === 0 ? [] : [tableOf(title, of, [name, ...own])];
	switch (columns) {
		case 'a100':
			return [...lists, ...perLevel('As the A100 comparison prints it, times in ms', a100Columns)];
		case 'vllama':
			return [...lists, ...perLevel('As vllama prints it', vllamaColumns)];
		case 'red-hat':
			return [...lists, ...perLevel('As the Red Hat study prints it, times in ms', redHatColumns)];
		case 'l40s':
			return [...lists, ...perLevel('As the L40S comparison prints it', wallColumns)];
		case undefined:
			return [...lists, ...perLevel('Wall time and CPU time of the client', wallColumns, bursts)];
		default:
			return columns satisfies never;
	}
}

const nameColumn = (withRun: boolean): ColumnOf<Level> => ({
	title: 'load',
	align: 'left',
	rank: 0,
	cell: (level) => levelName(level, {withRun}),
});

function right<Row>(title: string, cell: (row: Row) => string): ColumnOf<Row> {
	return {title, align: 'right', rank: 0, cell};
}

/** Streams in the order in which they ended, as the L40S script prints them. */
function streamsTable(level: Level, name: string): TableBlock {
	const rows = [...level.records].sort(
		(one, other) => (one.endedAt ?? Number.POSITIVE_INFINITY) - (other.endedAt ?? Number.POSITIVE_INFINITY),
	);
	const columns: ColumnOf<RequestRecord>[] = [
		right('stream', (record) => String(record.stream + 1)),
		right('seconds', (record) => decimal(secondsOf(record.e2eMs), 3)),
		right('tokens', (record) => integer(record.outputTokens)),
		right('tokens/s', (record) => decimal(seedStyleRate(record), 3)),
	];
	if (rows.some((record) => record.outcome !== 'ok')) {
		columns.push({title: 'outcome', align: 'left', rank: 0, cell: (record) => plainText(record.outcome)});
	}
	return tableOf(`Streams of the ${name}, in the order of their ends`, rows, columns);
}

/** Output tokens ÷ E2E with the wait for the first token in it, as the published L40S table has it. */
function seedStyleRate(record: RequestRecord): number | undefined {
	if (record.outputTokens === undefined || record.e2eMs === undefined || record.e2eMs <= 0) return undefined;
	return record.outputTokens / (record.e2eMs / 1000);
}

const wallColumns: readonly ColumnOf<Level>[] = [
	right('wall time s', (level) => decimal(secondsOf(level.durationMs), 3)),
	right('client CPU user s', (level) => decimal(secondsOf(level.client.cpuUserMs), 3)),
	right('sys s', (level) => decimal(secondsOf(level.client.cpuSystemMs), 3)),
];

const a100Columns: readonly ColumnOf<Level>[] = [
	right('avg', (level) => compact(level.e2eMs.mean)),
	right('p50', (level) => compact(level.e2eMs.p50)),
	right('p90', (level) => compact(level.e2eMs.p90)),
	right('p95', (level) => compact(level.e2eMs.p95)),
	right('p99', (level) => compact(level.e2eMs.p99)),
	right('req/s', (level) => decimal(level.throughput.whole.requestsPerSecond, 2)),
	right('tok/s', (level) => decimal(level.throughput.whole.outputTokensPerSecond, 1)),
	right('requests', (level) => integer(level.requests.ok)),
	right('wall s', (level) => decimal(secondsOf(level.durationMs), 1)),
];

const vllamaColumns: readonly ColumnOf<Level>[] = [
	right('median ms', (level) => compact(level.e2eMs.p50)),
	right('p99 ms', (level) => compact(level.e2eMs.p99)),
	right('requests/s', (level) => decimal(level.throughput.whole.requestsPerSecond, 2)),
	right('total s', (level) => decimal(secondsOf(level.durationMs), 3)),
];

const redHatColumns: readonly ColumnOf<Level>[] = [
	right('RPS', (level) => compact(headline(level).throughput?.requestsPerSecond)),
	right('TPS', (level) => compact(headline(level).throughput?.outputTokensPerSecond)),
	right('p99 TTFT', (level) => compact(headlineTtft(level).p99)),
	right('p99 ITL', (level) => (level.itlMs === undefined ? missing : compact(level.itlMs.p99))),
];
