/**
 * The levels as CSV (RFC 4180 quoting, lines end with a line feed): one header row, one row for each level and run.
 * First the columns of the published A100 script, then ours. Units are in the names; what is not known is empty.
 */

import {plainText} from '../format.ts';
import {
	type Distribution,
	type Level,
	type LevelCounters,
	outcomes,
	type ServerDistribution,
	type Session,
	type StartedServer,
} from '../snapshot.ts';
import {askedOf} from './asked.ts';
import {gapOutsideMs, headline, outsideCountersMs, outsideEngineMs, secondsOf} from './level-values.ts';

type Cell = string | number | undefined;
interface CsvColumn {
	readonly name: string;
	readonly cell: (level: Level, session: Session) => Cell;
}

/** Several: of the same load on several machines. */
export function csvReport(...sessions: readonly Session[]): string {
	const lines = [
		csvColumns.map((column) => field(column.name)),
		...sessions.flatMap((session) =>
			session.levels.map((level) => csvColumns.map((column) => field(column.cell(level, session)))),
		),
	];
	return lines.map((cells) => `${cells.join(',')}\n`).join('');
}

/** Numbers to three decimals; text that a spreadsheet would take for a formula gets an apostrophe in front. */
function field(cell: Cell): string {
	if (cell === undefined || cell === null) return '';
	if (typeof cell === 'number') return Number.isFinite(cell) ? String(Number(cell.toFixed(3))) : '';
	const text = plainText(cell);
	const safe = /^[=+\-@]/.test(text) ? `'${text}` : text;
	return /[",]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const column = (name: string, cell: CsvColumn['cell']): CsvColumn => ({name, cell});

/** `ttft` in ms: `ttft_count`, `ttft_mean_ms`, … */
function distribution(name: string, unit: 'ms' | 'us', of: (level: Level) => Distribution | undefined): CsvColumn[] {
	const figures = ['mean', 'stddev', 'min', 'max', 'p50', 'p90', 'p95', 'p99', 'p999'] as const;
	return [
		column(`${name}_count`, (level) => of(level)?.count),
		...figures.map((figure) => column(`${name}_${figure}_${unit}`, (level) => of(level)?.[figure])),
	];
}

/** Latency is end to end, of the requests that ended well; the rates are over the whole wall time, as the script has them. */
const publishedColumns: readonly CsvColumn[] = [
	column('concurrency', (level) => level.concurrency),
	column('requests', (level) => level.requests.ok),
	column('latency_avg_ms', (level) => level.e2eMs.mean),
	column('latency_p50_ms', (level) => level.e2eMs.p50),
	column('latency_p90_ms', (level) => level.e2eMs.p90),
	column('latency_p95_ms', (level) => level.e2eMs.p95),
	column('latency_p99_ms', (level) => level.e2eMs.p99),
	column('requests_per_second', (level) => level.throughput.whole.requestsPerSecond),
	column('output_tokens_per_second', (level) => level.throughput.whole.outputTokensPerSecond),
	column('wall_time_s', (level) => secondsOf(level.durationMs)),
];

const ownColumns: readonly CsvColumn[] = [
	column('mode', (level) => level.mode),
	column('rate_asked_per_second', (level) => level.rate),
	column('run', (level) => level.repeat),
	column('level_started_at_s', (level) => secondsOf(level.startedAtMs)),
	column('ended_early', (level) => (level.partial ? 'yes' : 'no')),
	column('requests_attempted', (level) => level.requests.total),
	column('requests_failed', (level) => level.requests.failed),
	column('requests_incomplete', (level) => level.requests.incomplete),
	column('requests_dropped', (level) => level.requests.dropped),
	...outcomes
		.filter((outcome) => outcome !== 'ok')
		.map((outcome) =>
			column(`outcome_${outcome.replaceAll('-', '_')}`, (level) => level.requests.byOutcome[outcome] ?? 0),
		),
	column('output_tokens', (level) => level.tokens.output),
	column('input_tokens', (level) => level.tokens.input),
	column('token_source', (level) => level.tokens.source),
	column('headline', (level) => level.throughput.headline),
	column('headline_output_tokens_per_second', (level) => headline(level).throughput?.outputTokensPerSecond),
	column('steady_output_tokens_per_second', (level) => level.throughput.steady?.outputTokensPerSecond),
	column('steady_requests_per_second', (level) => level.throughput.steady?.requestsPerSecond),
	column('steady_window_s', (level) => secondsOf(level.throughput.steady?.windowMs)),
	column('whole_window_s', (level) => secondsOf(level.throughput.whole.windowMs)),
	column('per_stream_mean_tokens_per_second', (level) => level.perStream.mean),
	column('per_stream_p50_tokens_per_second', (level) => level.perStream.p50),
	column('per_stream_min_tokens_per_second', (level) => level.perStream.min),
	column('per_stream_max_tokens_per_second', (level) => level.perStream.max),
	...distribution('ttft', 'ms', (level) => level.ttftMs),
	...distribution('ttft_from_schedule', 'ms', (level) => level.ttftFromScheduleMs),
	...distribution('ttvt', 'ms', (level) => level.ttvtMs),
	...distribution('tpot', 'ms', (level) => level.tpotMs),
	...distribution('gap', 'us', (level) => level.gapUs),
	...distribution('itl', 'ms', (level) => level.itlMs),
	...distribution('e2e', 'ms', (level) => level.e2eMs),
	column('observed_concurrency_mean', (level) => level.observedConcurrency.mean),
	column('observed_concurrency_min', (level) => level.observedConcurrency.min),
	column('observed_concurrency_p5', (level) => level.observedConcurrency.p5),
	column('goodput_ratio', (level) => level.goodput?.ratio),
	column('goodput_requests_per_second', (level) => level.goodput?.requestsPerSecond),
	column('goodput_tokens_per_second', (level) => level.goodput?.tokensPerSecond),
	column('server_queue_ms', (level) => level.server?.queueMs),
	column('server_load_ms', (level) => level.server?.loadMs),
	column('server_prefill_ms', (level) => level.server?.prefillMs),
	column('server_decode_ms', (level) => level.server?.decodeMs),
	column('server_decode_tokens_per_second', (level) => level.server?.decodeTokensPerSecond),
	column('outside_engine_ms', outsideEngineMs),
	column('client_workers', (level) => level.client.workers),
	column('client_cpu_user_s', (level) => secondsOf(level.client.cpuUserMs)),
	column('client_cpu_system_s', (level) => secondsOf(level.client.cpuSystemMs)),
	column('client_cpu_us_per_token', (level) => level.client.cpuUsPerToken),
	column('client_cpu_ratio', (level) => level.client.cpuRatio),
	column('client_loop_delay_p99_ms', (level) => level.client.loopDelayP99Ms),
	column('client_shared_read_ratio', (level) => level.client.sharedReadRatio),
	column('client_schedule_lag_p99_ms', (level) => level.client.scheduleLagP99Ms),
	column('client_send_spread_ms', (level) => level.client.sendSpreadMs),
	column('client_connect_ms', (level) => level.client.connectMs),
	column('client_reconnects', (level) => level.client.reconnects),
	column('client_rss_bytes', (level) => level.client.rssBytes),
	column('verdict_client', (level) => level.verdicts.client.value),
	column('verdict_cache', (level) => level.verdicts.cache.value),
	column('verdict_length', (level) => level.verdicts.length.value),
	column('started_at', (_, session) => session.startedAt),
	column('url', (_, session) => session.target.url),
	column('engine', (_, session) => session.target.engine),
	column('engine_version', (_, session) => session.target.engineVersion),
	column('model', (_, session) => session.target.model),
	column('workload', (_, session) => askedOf(session).workload),
	column('seed', (_, session) => askedOf(session).seed),
	column('labels', (_, session) =>
		Object.entries(session.labels)
			.map(([key, value]) => `${key}=${value}`)
			.join('; '),
	),
	column('hostname', (_, session) => session.host.hostname),
	column('llmtop_version', (_, session) => session.llmtop.version),
];

/** `counter_ttft` in ms: `counter_ttft_count`, `counter_ttft_mean_ms`, … */
function counted(name: string, of: (counters: LevelCounters) => ServerDistribution | undefined): CsvColumn[] {
	const figures = ['mean', 'p50', 'p99'] as const;
	return [
		column(`counter_${name}_count`, (level) => level.counters && of(level.counters)?.count),
		...figures.map((figure) =>
			column(`counter_${name}_${figure}_ms`, (level) => level.counters && of(level.counters)?.[figure]),
		),
	];
}

/** The start of the server that the level ran against. */
function startOf({setting}: Level, {started = []}: Session): StartedServer | undefined {
	return started.find((server) => server.setting === setting);
}

/** The server's own counters, GPUs, and the server that was started. New columns come at the end. */
const serverColumns: readonly CsvColumn[] = [
	column('counter_window_s', ({counters}) => secondsOf(counters?.windowMs)),
	column('counter_restarted', ({counters}) => counters && (counters.restarted ? 'yes' : 'no')),
	column('counter_generation_tokens', ({counters}) => counters?.generationTokens),
	column('counter_prompt_tokens', ({counters}) => counters?.promptTokens),
	column('counter_requests', ({counters}) => counters?.requests),
	...counted('ttft', ({ttftMs}) => ttftMs),
	...counted('gap', ({gapMs}) => gapMs),
	...counted('queue', ({queueMs}) => queueMs),
	...counted('e2e', ({e2eMs}) => e2eMs),
	column('counter_outside_engine_ms', outsideCountersMs),
	column('counter_preemptions', ({counters}) => counters?.preemptions),
	column('counter_prefix_cache_hit_ratio', ({counters}) => counters?.prefixCacheHitRatio),
	column('counter_draft_acceptance', ({counters}) => counters?.draftAcceptance),
	column('counter_running_max', ({counters}) => counters?.mostRunning),
	column('counter_waiting_max', ({counters}) => counters?.mostWaiting),
	column('counter_kv_cache_usage_max', ({counters}) => counters?.mostKvCacheUsage),
	column('gpu_window_s', ({gpu}) => secondsOf(gpu?.windowMs)),
	column('gpu_samples', ({gpu}) => gpu?.samples),
	column('gpu_energy_j', ({gpu}) => gpu?.energyJ),
	column('gpu_power_mean_w', ({gpu}) => gpu?.powerW),
	column('gpu_tokens_per_joule', ({gpu}) => gpu?.tokensPerJoule),
	column('gpu_utilization', ({gpu}) => gpu?.gpus.map(({utilization}) => utilization ?? '').join('; ')),
	column('gpu_memory_max_bytes', ({gpu}) => gpu?.gpus.map(({mostMemoryBytes}) => mostMemoryBytes ?? '').join('; ')),
	column('gpu_temperature_max_c', ({gpu}) => gpu?.gpus.map(({mostTemperatureC}) => mostTemperatureC ?? '').join('; ')),
	column('gpu_names', (_, {gpus}) => gpus?.names.join('; ')),
	column('gpu_driver', (_, {gpus}) => gpus?.driver),
	column('server_setting', ({setting}) => setting),
	column('started_preset', (level, session) => startOf(level, session)?.preset),
	column('started_ready_s', (level, session) => secondsOf(startOf(level, session)?.readyMs)),
];

const pathColumns: readonly CsvColumn[] = [
	column('box_name', (_, {target}) => target.box?.name),
	column('box_way', (_, {target}) => target.box?.way),
	column('path_round_trip_idle_ms', ({path}) => path?.idleRoundTripMs),
	column('path_round_trip_count', ({path}) => path?.roundTripMs.count),
	column('path_round_trip_mean_ms', ({path}) => path?.roundTripMs.mean),
	column('path_round_trip_p50_ms', ({path}) => path?.roundTripMs.p50),
	column('path_round_trip_p99_ms', ({path}) => path?.roundTripMs.p99),
	column('path_round_trip_max_ms', ({path}) => path?.roundTripMs.max),
	column('path_received_bytes_per_second', ({path}) => path?.receivedBytesPerSecond),
	column('path_ssh_cpu_ratio', ({path}) => path?.sshCpuRatio),
	column('path_lost_times', ({path}) => path && (path.lost?.times ?? 0)),
	column('path_lost_s', ({path}) => path && secondsOf(path.lost?.ms ?? 0)),
	column('gap_outside_engine_ms', gapOutsideMs),
];

const csvColumns: readonly CsvColumn[] = [...publishedColumns, ...ownColumns, ...serverColumns, ...pathColumns];
