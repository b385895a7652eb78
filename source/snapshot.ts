/**
 * The contract between the engine, which does things, and everything that shows or saves them. All types here are
 * readonly data. Units are in the names; a number that is not known is absent (`undefined` here, `null` in JSON,
 * `-` on screen), never 0 and never NaN. Definitions: README, "What the numbers mean".
 */

/** How one request ended. A stream without its protocol's own end is `truncated`, whatever HTTP says. */
export const outcomes = [
	'ok',
	'connect',
	'tls',
	'timeout-first-token',
	'timeout-idle',
	'timeout-total',
	'http-4xx',
	'http-429',
	'http-5xx',
	'reset',
	'truncated',
	'protocol',
	'api-error',
	'server-abort',
	'aborted',
] as const;
export type Outcome = (typeof outcomes)[number];

/** Where a count of output tokens comes from, best first. */
export const tokenSources = ['usage', 'engine', 'tokenize', 'local', 'events'] as const;
export type TokenSource = (typeof tokenSources)[number];

/** One request, as measured. Instants: ms from the start of its level, monotonic; absent when it did not come so far. */
export interface RequestRecord {
	/** Place in the level's plan, from 0. */
	readonly index: number;
	/** The slot that carried it, from 0 (in the table: its row). */
	readonly stream: number;
	readonly outcome: Outcome;
	/** When the schedule wanted it (open loop). */
	readonly scheduledAt?: number;
	/** When a slot took it. */
	readonly dispatchedAt?: number;
	/** When a socket was ready. */
	readonly connectedAt?: number;
	/** When its bytes were handed to the kernel; when it had the last, if it did not take all at once. */
	readonly sentAt?: number;
	readonly headersAt?: number;
	readonly firstTokenAt?: number;
	/** First content that is not reasoning. */
	readonly firstVisibleAt?: number;
	readonly lastTokenAt?: number;
	readonly endedAt?: number;
	/** `firstTokenAt − sentAt`. */
	readonly ttftMs?: number;
	/** `firstVisibleAt − sentAt`, only when reasoning was seen. */
	readonly ttvtMs?: number;
	/** `(lastTokenAt − firstTokenAt) / (outputTokens − tokens in the first event)`. */
	readonly tpotMs?: number;
	/** `lastTokenAt − sentAt`; for a response that is not streamed, `endedAt − sentAt`. */
	readonly e2eMs?: number;
	/** The longest time between two token-bearing events. */
	readonly worstGapMs?: number;
	readonly outputTokens?: number;
	readonly tokenSource?: TokenSource;
	/** Prompt tokens, as the server counted them. */
	readonly inputTokens?: number;
	/** Prompt tokens that the server took from its prefix cache. */
	readonly cachedTokens?: number;
	/** Token-bearing events. */
	readonly events: number;
	/** Tokens in the first token-bearing event; absent when not known. */
	readonly firstEventTokens?: number;
	/** Output length asked for. */
	readonly maxTokens?: number;
	readonly status?: number;
	readonly finishReason?: string;
	/** One line about what went wrong, free of control characters and secrets. */
	readonly error?: string;
	/** The server's own story of this request, where it tells. */
	readonly server?: ServerTimings;
}

/** Durations that the server reports inside its answer (llama.cpp `timings`, Ollama's last record). */
export interface ServerTimings {
	/** Wait before the work began (Ollama: by subtraction). */
	readonly queueMs?: number;
	readonly loadMs?: number;
	readonly prefillMs?: number;
	readonly decodeMs?: number;
	/** Decoding rate after the first token. */
	readonly decodeTokensPerSecond?: number;
}

/** A distribution read from one merged HdrHistogram (integer µs, 3 significant digits). */
export interface Distribution {
	readonly count: number;
	readonly mean?: number;
	readonly stddev?: number;
	readonly min?: number;
	readonly max?: number;
	readonly p50?: number;
	readonly p90?: number;
	readonly p95?: number;
	/** From 100 samples on. */
	readonly p99?: number;
	/** From 1,000 samples on. */
	readonly p999?: number;
	/** The histogram itself: HdrHistogram V2, compressed, base64, in µs. */
	readonly histogram: string;
}

export interface Throughput {
	readonly outputTokensPerSecond?: number;
	readonly requestsPerSecond?: number;
	/** Length of the window that it was taken over. */
	readonly windowMs?: number;
}

export type ClientVerdict = 'ok' | 'suspect' | 'client-limited';
export type CacheVerdict = 'cold' | 'warm' | 'unknown';
export type LengthVerdict = 'honoured' | 'not honoured' | 'not asked' | 'unknown';

export interface Verdict<Value extends string> {
	readonly value: Value;
	/** Why, in one sentence with the figures. */
	readonly reason: string;
}
export interface Verdicts {
	readonly client: Verdict<ClientVerdict>;
	readonly cache: Verdict<CacheVerdict>;
	readonly length: Verdict<LengthVerdict>;
}

/** What the client itself cost and how fit it was. */
export interface ClientHealth {
	/** CPU time of the load threads over the level, user and system. */
	readonly cpuMs?: number;
	readonly cpuUserMs?: number;
	readonly cpuSystemMs?: number;
	readonly cpuUsPerToken?: number;
	readonly workers: number;
	/** CPU time of the busiest load thread ÷ the level's length, 0 to 1. */
	readonly cpuRatio?: number;
	/** How late the load threads' loops ran, p99 of the worst thread. */
	readonly loopDelayP99Ms?: number;
	/** Share of token-bearing events that shared one socket read with another of the same stream, 0 to 1. */
	readonly sharedReadRatio?: number;
	/** Open loop: `sentAt − scheduledAt`, p99. */
	readonly scheduleLagP99Ms?: number;
	/** Burst and the start of a closed loop: last `sentAt` − first `sentAt` of the first requests. */
	readonly sendSpreadMs?: number;
	/** Time to open the connections before the clock started. */
	readonly connectMs?: number;
	/** Requests that found their kept-alive connection closed by the server and went out again on a fresh one. */
	readonly reconnects: number;
	readonly rssBytes?: number;
}

export interface RequestCounts {
	/** Attempted: sent, or dropped. */
	readonly total: number;
	readonly ok: number;
	readonly failed: number;
	/** Cut off by the end of the level: our own doing. Also those still open when it was saved or the program killed. */
	readonly incomplete: number;
	/** Open loop: not sent because the limit of open requests was reached. */
	readonly dropped: number;
	readonly byOutcome: Readonly<Partial<Record<Outcome, number>>>;
}

export interface Goodput {
	/** Requests that met every goal ÷ requests attempted, 0 to 1. */
	readonly ratio: number;
	readonly requestsPerSecond?: number;
	/** Tokens of the good requests a second. */
	readonly tokensPerSecond?: number;
}

/** One second of a level. */
export interface SeriesPoint {
	/** Start of the second, s from the level's start. */
	readonly atS: number;
	/** Output tokens that arrived in it. */
	readonly tokens: number;
	/** Requests that ended well in it. */
	readonly ok: number;
	readonly failed: number;
	/** Mean requests in flight. */
	readonly inFlight?: number;
	readonly ttftP50Ms?: number;
	readonly gapP50Us?: number;
	readonly gapP99Us?: number;
}

export type LoadMode = 'closed' | 'burst' | 'open';

/** Everything about a finished level but its records. */
export interface LevelSummary {
	readonly mode: LoadMode;
	/** Streams asked for; open loop: absent. */
	readonly concurrency?: number;
	/** Requests a second asked for; open loop only. */
	readonly rate?: number;
	/** Which run of `--repeat`, from 1. */
	readonly repeat: number;
	/** How the server was started for it, with `--sweep-server`: `max-num-seqs=64`. */
	readonly setting?: string;
	/** Start of the level, ms from the start of the session. */
	readonly startedAtMs: number;
	/** First `sentAt` to the last `endedAt`. */
	readonly durationMs?: number;
	/** Ended early by a signal, `q` or a fault. */
	readonly partial: boolean;
	readonly requests: RequestCounts;
	readonly tokens: {readonly output: number; readonly input?: number; readonly source?: TokenSource};
	readonly throughput: {
		readonly headline: 'steady' | 'whole';
		readonly steady?: Throughput;
		readonly whole: Throughput;
	};
	readonly ttftMs: Distribution;
	/** Open loop: `firstTokenAt − scheduledAt`, the headline there. */
	readonly ttftFromScheduleMs?: Distribution;
	readonly ttvtMs?: Distribution;
	readonly tpotMs: Distribution;
	readonly gapUs: Distribution;
	/** Absent when tokens per event are not known. */
	readonly itlMs?: Distribution;
	readonly e2eMs: Distribution;
	/** Of streams: `1000 / tpotMs` of each request, tokens a second. */
	readonly perStream: {readonly mean?: number; readonly p50?: number; readonly min?: number; readonly max?: number};
	readonly observedConcurrency: {readonly mean?: number; readonly min?: number; readonly p5?: number};
	readonly goodput?: Goodput;
	/** Means of what the server said of its own times, where it did. */
	readonly server?: ServerTimings;
	/** What the server's own counters say of the same time; absent where it has none. */
	readonly counters?: LevelCounters;
	/** What the GPUs did; absent where none were watched. */
	readonly gpu?: LevelGpu;
	/** The way to the server's machine, where that was reached over SSH. */
	readonly path?: LevelPath;
	readonly client: ClientHealth;
	readonly verdicts: Verdicts;
	/** Changes of concurrency while it ran (`[` and `]`). */
	readonly concurrencyChanges: readonly {readonly atMs: number; readonly concurrency: number}[];
	readonly series: readonly SeriesPoint[];
}

/**
 * Differences of the server's counters over a level, from a read before its first request to one after its last. They
 * hold what all clients of the server did. Quantiles come from differences of histogram buckets (metrics.md).
 */
export interface LevelCounters {
	/** Time between the two reads. */
	readonly windowMs: number;
	/** The server was started anew in between: nothing else is told. */
	readonly restarted: boolean;
	readonly generationTokens?: number;
	readonly promptTokens?: number;
	/** Requests that it counts as ended. */
	readonly requests?: number;
	readonly ttftMs?: ServerDistribution;
	readonly gapMs?: ServerDistribution;
	readonly queueMs?: ServerDistribution;
	readonly e2eMs?: ServerDistribution;
	readonly preemptions?: number;
	/** 0 to 1. */
	readonly prefixCacheHitRatio?: number;
	readonly draftAcceptance?: number;
	/** Highest of the samples in the level. */
	readonly mostRunning?: number;
	readonly mostWaiting?: number;
	/** 0 to 1. */
	readonly mostKvCacheUsage?: number;
}
/** Of a server's histogram: the mean is exact, quantiles are interpolated within a bucket. */
export interface ServerDistribution {
	readonly count: number;
	readonly mean?: number;
	readonly p50?: number;
	readonly p99?: number;
}

/** The way to the server's machine over a level. */
export interface LevelPath {
	/** Of a load that runs there itself there is no way to tell of. */
	readonly way: Exclude<BoxWay, 'there'>;
	/** Median of the round trips before any load; absent when none was measured. */
	readonly idleRoundTripMs?: number;
	/** Round trips while the level ran, through the same SSH connection and beside all that it carried. */
	readonly roundTripMs: RoundTrips;
	/** Bytes of HTTP that the load threads received ÷ length of the level; absent when they were not counted. */
	readonly receivedBytesPerSecond?: number;
	/** CPU time of our ssh process ÷ length of the level, 0 to 1; absent when the system does not tell. */
	readonly sshCpuRatio?: number;
	/** Times without the connection; absent: it stood throughout. */
	readonly lost?: {readonly times: number; readonly ms: number};
}
/** Quantiles by nearest rank; each absent without a sample, p99 below 100. */
export interface RoundTrips {
	readonly count: number;
	readonly mean?: number;
	readonly p50?: number;
	readonly p99?: number;
	readonly max?: number;
}

/** GPUs over the steady window of a level (the whole level where there is none). */
export interface LevelGpu {
	/** Energy and power are of exactly this time: `metrics/gpu-energy.ts` says how its ends are met. */
	readonly windowMs: number;
	/** Of each GPU in that time. */
	readonly samples: number;
	/** Integral of the power of all GPUs over the window by the trapezoid rule: about, power is itself a mean. */
	readonly energyJ?: number;
	readonly powerW?: number;
	/** Output tokens of the load in the same window ÷ `energyJ`. */
	readonly tokensPerJoule?: number;
	readonly gpus: readonly LevelGpuFigures[];
}
export interface LevelGpuFigures {
	readonly index: number;
	readonly name: string;
	readonly energyJ?: number;
	/** Mean. */
	readonly powerW?: number;
	/** Mean, 0 to 1. */
	readonly utilization?: number;
	readonly mostMemoryBytes?: number;
	readonly mostTemperatureC?: number;
	/** What held the clocks down, with the share of the samples in which it did, 0 to 1. */
	readonly clocksHeldBy?: readonly {readonly reason: string; readonly share: number}[];
}

/** A finished level. */
export interface Level extends LevelSummary {
	readonly records: Records;
}

/**
 * Records in the order of the plan, each time from the first. There may be a million, each made when it is its turn:
 * look at them one after the other and keep few.
 */
export interface Records extends Iterable<RequestRecord> {
	readonly length: number;
}

export interface Target {
	/** Without credentials. */
	readonly url: string;
	readonly engine: string;
	readonly engineVersion?: string;
	readonly model?: string;
	/** Context length in tokens, as the server tells. */
	readonly contextLength?: number;
	/** How the engine was recognised, in a few words. */
	readonly evidence?: string;
	/** The machine that the server runs on, where it is reached over SSH; `url` is as that machine names it, but with `direct`. */
	readonly box?: {readonly name: string; readonly way: BoxWay};
}

/** The machine that measured. */
export interface HostFacts {
	readonly hostname: string;
	readonly platform: string;
	readonly arch: string;
	readonly cpuModel?: string;
	readonly cores: number;
	readonly memoryBytes: number;
	readonly nodeVersion: string;
}

/** Several runs of the same level: mean and half the width of the 95 % Student-t interval (absent for one run). */
export interface Repeated {
	readonly mode: LoadMode;
	readonly concurrency?: number;
	readonly rate?: number;
	/** As in `LevelSummary`. */
	readonly setting?: string;
	readonly runs: number;
	readonly outputTokensPerSecond?: Interval;
	readonly requestsPerSecond?: Interval;
	readonly ttftP50Ms?: Interval;
	readonly ttftP99Ms?: Interval;
	readonly tpotP50Ms?: Interval;
	readonly e2eP50Ms?: Interval;
}
export interface Interval {
	readonly mean: number;
	readonly halfWidth?: number;
}

/** The session document, before `undefined` becomes `null`. `config` is what was asked, without secrets. */
export interface Session {
	readonly formatVersion: 1;
	readonly llmtop: {readonly version: string};
	/** ISO 8601, the only wall-clock time in the document. */
	readonly startedAt: string;
	readonly host: HostFacts;
	readonly config: unknown;
	readonly labels: Readonly<Record<string, string>>;
	readonly target: Target;
	/** True when the session was ended early. */
	readonly partial: boolean;
	/** Rebuilt by `llmtop recover` from a journal. */
	readonly recovered: boolean;
	readonly levels: readonly Level[];
	readonly repeated: readonly Repeated[];
	/** What a reader must know: warnings of the run, in order. */
	readonly notes: readonly string[];
	/** What was done by hand while it ran, in order; absent in documents that are older than marks. */
	readonly marks?: readonly Mark[];
	/** Each start of the server that we started; absent when it was there before us. */
	readonly started?: readonly StartedServer[];
	/** The GPUs of the server's machine; absent where none were watched. */
	readonly gpus?: {readonly driver?: string; readonly names: readonly string[]};
}

/** How a server was started, and what it said of itself. Without secrets. */
export interface StartedServer {
	readonly preset: string;
	/** What this start was about, with `--sweep-server`: `max-num-seqs=64`. */
	readonly setting?: string;
	readonly command: string;
	/** What was changed in the preset's command for this machine and version, and why. */
	readonly changes: readonly string[];
	/** From the start of its process until it generated a token, ms. */
	readonly readyMs: number;
	/** Each stage that its log told of, and how long it took. */
	readonly stages: readonly {readonly stage: StartStage; readonly ms: number}[];
	readonly facts: readonly {readonly name: string; readonly value: string}[];
	/** The last lines of its log, at most 500; from outside. */
	readonly log: readonly string[];
}

export type StreamState = 'idle' | 'queued' | 'prefill' | 'decode' | 'done' | 'failed';

/** One line of the stream table. */
export interface StreamRow {
	/** The slot, from 0. */
	readonly stream: number;
	readonly state: StreamState;
	/** Tokens of its present (or last) request so far. */
	readonly tokens?: number;
	/** Tokens are counted from events and may be too few until the true count arrives: `~` on screen. */
	readonly estimated: boolean;
	/** Over the last second. */
	readonly tokensPerSecond?: number;
	/** Since the first token. */
	readonly meanTokensPerSecond?: number;
	readonly ttftMs?: number;
	readonly worstGapMs?: number;
	/** Age of the present request. */
	readonly ageMs?: number;
	/** Why it failed, in one line. */
	readonly detail?: string;
	/** Longest gap of each of the last seconds, ms, the newest last; at most 60. Absent in a second without a gap. */
	readonly gapsMs?: GapList;
}

/** As much of a list as a thousand streams can have without a copy for each snapshot: places count from 0. */
export type GapList = Pick<readonly (number | undefined)[], 'length' | 'at'>;

/** The present (or last) request of the one stream that is looked at closely. Instants and times in ms from `sentAt`. */
export interface StreamDetail {
	readonly stream: number;
	/** Place of the request in the level's plan. */
	readonly index: number;
	/** Before `sentAt`, so negative or 0. */
	readonly scheduledMs?: number;
	readonly dispatchedMs?: number;
	readonly headersMs?: number;
	readonly firstTokenMs?: number;
	readonly lastTokenMs?: number;
	readonly endedMs?: number;
	/** Token-bearing events since the stream is looked at, at most the newest 600; `gapMs` is absent for the first. */
	readonly events: readonly {readonly atMs: number; readonly gapMs?: number; readonly tokens?: number}[];
	/** The end of its text since the stream is looked at, at most 4,096 characters; from outside: not safe to draw as it is. */
	readonly text: string;
}

/** What somebody did while the session ran, at an instant of it. */
export interface Mark {
	/** ms since the start of the session. */
	readonly atMs: number;
	/** `streams 32 → 64`, `load stopped`: a few words. */
	readonly text: string;
}

export interface Quantiles {
	readonly p50?: number;
	readonly p99?: number;
	readonly max?: number;
}

/** The level that runs now. */
export interface LiveLevel {
	readonly mode: LoadMode;
	/** These are its last figures, it is among those that have ended, and the next one has not begun. */
	readonly hasEnded?: true;
	/** Streams asked for; open loop: absent. */
	readonly concurrency?: number;
	readonly rate?: number;
	/** Since the level's clock started. */
	readonly elapsedMs: number;
	/** Absent when it runs until `q` or by requests. */
	readonly remainingMs?: number;
	/** Measured requests asked for, when limited by number. */
	readonly requestsAsked?: number;
	readonly requests: RequestCounts;
	readonly inFlight: number;
	/** Over the last second. */
	readonly outputTokensPerSecond?: number;
	/** Tokens so far ÷ time so far since the first token of the level. */
	readonly meanOutputTokensPerSecond?: number;
	readonly outputTokens: number;
	/** `outputTokens` rests on events for requests still open. */
	readonly estimated: boolean;
	readonly ttftMs: Quantiles;
	readonly gapMs: Quantiles;
	readonly e2eMs: Quantiles;
	readonly verdicts: Verdicts;
	/** The newest points last; at most 600. */
	readonly series: readonly SeriesPoint[];
}

/** One GPU at its newest sample. A field that the driver does not tell is absent. */
export interface GpuSample {
	readonly index: number;
	readonly name: string;
	/** Busy share, 0 to 1. */
	readonly utilization?: number;
	readonly memoryUsedBytes?: number;
	readonly memoryTotalBytes?: number;
	readonly powerW?: number;
	readonly powerLimitW?: number;
	readonly temperatureC?: number;
	readonly smClockMhz?: number;
	/** `P0` … `P12`. */
	readonly performanceState?: string;
	/** What holds the clocks down, in words; empty: nothing does. Absent: not told. */
	readonly clocksHeldBy?: readonly string[];
	/** What a reader of the figures must know, in a few words each: MIG instances, memory shared with the CPU. */
	readonly notes?: readonly string[];
	/** One point a second, the newest last, at most 600; `undefined` where a sample is missing. */
	readonly series: readonly (GpuPoint | undefined)[];
}
export interface GpuPoint {
	readonly utilization?: number;
	readonly memoryUsedBytes?: number;
	readonly powerW?: number;
}
export interface GpuProcess {
	readonly gpu: number;
	readonly pid: number;
	readonly command: string;
	readonly memoryBytes?: number;
	/** Host and port of the server that it belongs to; absent when that is none of those that are watched, or not known. */
	readonly server?: string;
}
/** What the GPUs said last. */
export interface GpuReading {
	/** Age of the newest sample, ms; above a few intervals it is stale. */
	readonly ageMs: number;
	readonly intervalMs: number;
	/** The maker's program that told it: `nvidia-smi`. */
	readonly tool?: string;
	readonly driver?: string;
	/** Why no newer sample comes, in one line; absent while they come. */
	readonly note?: string;
	readonly gpus: readonly GpuSample[];
	readonly processes: readonly GpuProcess[];
	readonly powerW?: number;
	/** Output tokens of the load ÷ energy of all GPUs in the same time. */
	readonly tokensPerJoule?: number;
}

/** The server's own counters, as rates and quantiles over the last seconds. */
export interface ServerReading {
	/** Age of the newest sample, ms; 0 where the server has none to give. */
	readonly ageMs: number;
	/** Between two samples as planned, ms; absent: about a second. */
	readonly intervalMs?: number;
	readonly running?: number;
	readonly waiting?: number;
	/** Share of the KV cache in use, 0 to 1. */
	readonly kvCacheUsage?: number;
	/** Share of prompt tokens that came from the prefix cache, 0 to 1. */
	readonly prefixCacheHitRatio?: number;
	/** Since it is watched, or since its last restart. */
	readonly preemptions?: number;
	readonly promptTokensPerSecond?: number;
	readonly generationTokensPerSecond?: number;
	readonly ttftMs?: Quantiles;
	readonly gapMs?: Quantiles;
	readonly queueMs?: Quantiles;
	/** Requests that ended, a second. */
	readonly requestsPerSecond?: number;
	/** Share of drafted tokens that were accepted (speculative decoding), 0 to 1. */
	readonly draftAcceptance?: number;
	/** One for each model and data-parallel rank, when there are several; absent: the server is one. */
	readonly parts?: readonly ServerPart[];
	/** What a person should know of these figures, a sentence each: metrics are off, a figure is an estimate. */
	readonly notes?: readonly string[];
	/** Why it does not answer, in a few words; absent while it does. */
	readonly down?: string;
	/** What it said when it started: KV cache size, maximum concurrency, … in the order in which to show them. */
	readonly facts: readonly {readonly name: string; readonly value: string}[];
	/** One point a second, the newest last, at most 600; `undefined` where a sample is missing. */
	readonly series: readonly (ServerPoint | undefined)[];
}
/** One model or data-parallel rank of a server. */
export interface ServerPart {
	/** `rank 1`, a model's name, or both. */
	readonly name: string;
	readonly running?: number;
	readonly waiting?: number;
	/** 0 to 1. */
	readonly kvCacheUsage?: number;
	readonly generationTokensPerSecond?: number;
}
export interface ServerPoint {
	readonly running?: number;
	readonly waiting?: number;
	readonly kvCacheUsage?: number;
	readonly generationTokensPerSecond?: number;
}

/** The machine that a server runs on, where that is another one: its figures over the last two seconds. */
export interface HostReading {
	/** As the person named it: `me@gpu-box`. */
	readonly name: string;
	/** Logical processors that are online. */
	readonly cores?: number;
	/** Busy share of all of them together, 0 to 1; waiting for disks is not busy. */
	readonly cpu?: number;
	/** What new programs could not have without swapping. */
	readonly memoryUsedBytes?: number;
	readonly memoryTotalBytes?: number;
	/** Load average of the last minute. */
	readonly load1?: number;
	/** Read and written, all disks. */
	readonly diskBytesPerSecond?: number;
	/** Received and sent by all physical interfaces, without loopback; where there are none, by all others. RDMA is not in it. */
	readonly networkBytesPerSecond?: number;
	/** Age of the newest sample, ms; above a few seconds it is stale. */
	readonly ageMs: number;
}

/**
 * How a machine that is reached over SSH is used. `tunnel`: HTTP goes through the SSH connection, which is one TCP connection for all streams. `direct`: HTTP goes to
 * the machine's own address. `there`: the load runs on the machine itself.
 */
export type BoxWay = 'tunnel' | 'direct' | 'there';

/** The SSH connection to a machine, now. */
export interface LinkReading {
	/** As the person named it: `me@gpu-box`. */
	readonly name: string;
	readonly way: BoxWay;
	/** The newest round trip through the connection, beside all that it carries; absent until there is one. */
	readonly roundTripMs?: number;
	/** Absent: it is up. */
	readonly down?: {
		/** How long ago the last sign came from there. */
		readonly sinceMs: number;
		/** ssh's last word; from outside. */
		readonly why: string;
	};
}

/** What a server that we start is doing. */
export type StartStage = 'starting' | 'downloading' | 'loading' | 'compiling' | 'capturing' | 'ready' | 'stopping';

/** What its stages are called, in the order in which a server goes through them; not each goes through all. */
export const stageNames: Readonly<Record<StartStage, string>> = {
	starting: 'starting',
	downloading: 'downloading',
	loading: 'loading weights',
	compiling: 'compiling',
	capturing: 'capturing graphs',
	ready: 'ready',
	stopping: 'stopping',
};

/** A server that we have started, or are starting. */
export interface ServerStart {
	/** Id of the preset. */
	readonly preset: string;
	/** As in `LevelSummary`: of the server that is starting or serves now. */
	readonly setting?: string;
	/** The command as a line to paste, without secrets. */
	readonly command: string;
	readonly stage: StartStage;
	/** Stages that have passed, in their order, and how long each took; the present one is not among them. Absent: not told. */
	readonly passed?: readonly {readonly stage: StartStage; readonly ms: number}[];
	/** Of the present stage, 0 to 1; absent when its log does not tell. */
	readonly progress?: number;
	/** Since the process was started; stands still once it is ready. */
	readonly elapsedMs: number;
	/** How long the preset says that it takes. */
	readonly expectedMs?: number;
	/** Its last log line; from outside. */
	readonly lastLine?: string;
}

/** One of the servers that are watched without a load. */
export interface WatchedServer {
	readonly target: Target;
	/** Absent until its first answer. */
	readonly reading?: ServerReading;
}

/** One of several machines that are watched at the same time. */
export interface WatchedBox extends Pick<Snapshot, 'gpu' | 'gpuState' | 'host' | 'log' | 'notes'> {
	readonly link: LinkReading;
	/** Empty while no server has been found there. */
	readonly watched: readonly WatchedServer[];
}

/**
 * `stopped`: somebody has stopped the load, and may start it again. `starting` and `stopping`: a server that we started.
 * `watching`: there is no load at all.
 */
export type Phase =
	| 'starting'
	| 'opening'
	| 'warming'
	| 'running'
	| 'draining'
	| 'between'
	| 'stopped'
	| 'watching'
	| 'stopping'
	| 'done';

/** What was asked for. */
export interface LoadPlan {
	readonly mode: LoadMode;
	/** All levels, as numbers (streams or requests a second). */
	readonly levels: readonly number[];
	readonly repeat: number;
	/** Which of how many machines this is, from 1, where the same load runs on each in turn. */
	readonly turn?: {readonly place: number; readonly of: number};
}

/** All that the view, the progress line and tests may know of a run, at one moment. Frozen. */
export interface Snapshot {
	/** ms since the session began. */
	readonly atMs: number;
	readonly phase: Phase;
	/** `watching`, while no server has been found yet: its url is empty. */
	readonly target: Target;
	readonly workload: string;
	readonly plan: LoadPlan;
	/** Place of the present level in the plan, from 0. */
	readonly levelIndex: number;
	readonly level?: LiveLevel;
	readonly finished: readonly LevelSummary[];
	readonly streams: readonly StreamRow[];
	/** The stream that is looked at closely; absent while none is. */
	readonly detail?: StreamDetail;
	/** In their order. */
	readonly marks?: readonly Mark[];
	/** Absent where no GPU is watched. */
	readonly gpu?: GpuReading;
	/** Why no GPU is watched, or nothing new comes from it, in one sentence; absent when there is nothing to say. */
	readonly gpuState?: string;
	/** Absent where the server tells nothing of itself. */
	readonly server?: ServerReading;
	/** The server that we started; absent when it was there before us. */
	readonly start?: ServerStart;
	/** All servers, when several are watched; the first is also `target` and `server`. */
	readonly watched?: readonly WatchedServer[];
	/** The connection to the server's machine; absent where that is this one, or nobody has named it. */
	readonly link?: LinkReading;
	/** The server's machine; absent where that is this one, or it has not told anything. */
	readonly host?: HostReading;
	/** All machines, when several are watched; the first is also everything else here. */
	readonly boxes?: readonly WatchedBox[];
	/** The newest lines of the server's log, at most 1,000, the newest last; absent where there is none. From outside. */
	readonly log?: readonly string[];
	readonly notes: readonly string[];
	/** Where the session will be (or was) saved. */
	readonly sessionFile?: string;
}
