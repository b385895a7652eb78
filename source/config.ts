/**
 * What one run of llmtop was asked to do, parsed once at the edge (source/options/) and trusted from there on.
 * A combination that makes no sense cannot be written down: the load is a union by mode.
 */

/** Which HTTP API of the server is loaded. */
export type Api = 'chat' | 'completions' | 'native-chat' | 'native-completions';

export interface TargetConfig {
	/** Base URL without credentials, without trailing slash and without `/v1`, as seen from the server's machine with `ssh`; absent: look for a server. */
	readonly url?: string;
	/** `auto`, or the name of a server adapter (source/engine/servers/). */
	readonly engine: string;
	/** Absent: the only model that the server has. */
	readonly model?: string;
	/** Absent: the adapter's first. */
	readonly api?: Api;
	/** Name of the environment variable that holds the API key; absent: LLMTOP_API_KEY, then OPENAI_API_KEY, and no key is fine. */
	readonly apiKeyEnv?: string;
	readonly headers: readonly (readonly [name: string, value: string])[];
	/** Do not verify TLS certificates. */
	readonly insecure: boolean;
	readonly caCertFile?: string;
}

/** A machine that is reached over SSH, as the person named it. */
export interface Destination {
	/** A name, an address or an alias: what it means is ssh's business. IPv6 without brackets. */
	readonly host: string;
	/** Absent: whom ssh takes by its configuration. */
	readonly user?: string;
	/** 1 to 65535. Absent: the one that ssh takes by its configuration. */
	readonly port?: number;
	/** As it was written. */
	readonly text: string;
}

/** Where a server's log is on its machine. */
export type LogSource =
	/** Relative ones are seen from the home folder, `~/` too. */
	| {readonly kind: 'file'; readonly path: string}
	/** A unit of systemd, of the system or else of the person. */
	| {readonly kind: 'journal'; readonly unit: string}
	/** A container of Docker or Podman. */
	| {readonly kind: 'docker'; readonly name: string}
	/** Wherever this process writes to: a file, the journal, its container's log. */
	| {readonly kind: 'process'; readonly pid: number};

/** The servers are on other machines. */
export interface SshConfig {
	/** At least one; several only to watch, or with `compare`. */
	readonly boxes: readonly [Destination, ...Destination[]];
	/** `tunnel`: through the connection; `direct`: to the machine's address; `there`: the load runs on it. */
	readonly way: 'tunnel' | 'direct' | 'there';
	/** Absent: found from the server's process. */
	readonly log?: Exclude<LogSource, {kind: 'process'}>;
	/** Leave the copied program there; only with `there`. */
	readonly keepProgram: boolean;
	/** How long what we have started there outlives a lost connection, ms. */
	readonly orphanTimeoutMs: number;
	/** Run the same load on each machine, one after the other. */
	readonly compare: boolean;
	/** One of these loads: which of how many, from 1; `boxes` is then that machine alone. */
	readonly turn?: {readonly place: number; readonly of: number};
}

/** A server that we start and stop. */
export interface StartConfig {
	/** Id or file of a preset. */
	readonly preset: string;
	/** Parameters of the preset, flags of the server, environment variables. */
	readonly settings: Readonly<Record<string, string>>;
	/** Further arguments of the server, as they are. */
	readonly extra: readonly string[];
	/** Leave it running at the end. */
	readonly keep: boolean;
	/** Ollama: download the model when it is not there. */
	readonly pull: boolean;
	/** One start for each value. */
	readonly sweep?: {readonly name: string; readonly values: readonly string[]};
}

/** Closed loop: N streams held open, a finished one replaced at once. */
interface ClosedLoad {
	readonly mode: 'closed';
	/** Streams, one number a level, each ≥ 1. */
	readonly levels: readonly number[];
}
/** N requests in the same instant, each once, until all have ended. */
interface BurstLoad {
	readonly mode: 'burst';
	/** Requests, one number a level, each ≥ 1. */
	readonly levels: readonly number[];
}
/** Requests leave on schedule whatever the server does. */
interface OpenLoad {
	readonly mode: 'open';
	/** Requests a second, one number a level, each > 0. */
	readonly levels: readonly number[];
	readonly arrival: 'constant' | 'poisson';
}
export type LoadConfig = ClosedLoad | BurstLoad | OpenLoad;

export interface LimitsConfig {
	/** Measured requests a level. */
	readonly requests?: number;
	/** Length of a level, ms. With neither, the view runs until `q`, headless 60 s a level. */
	readonly durationMs?: number;
	/** Warm-up requests before the first level; never counted. */
	readonly warmup: number;
	/** Time over which the streams of a closed-loop level are started, ms; 0: at once. */
	readonly rampMs: number;
	/** How often each level is run, ≥ 1. */
	readonly repeat: number;
	/** Ends a sweep early: when more streams no longer give more tokens/s, or the goals are missed. */
	readonly stopAt?: 'saturation' | 'slo';
	readonly stream: boolean;
	/** Load threads; absent: as many as are useful, up to cores − 1. */
	readonly workers?: number;
	readonly transport: 'net' | 'undici';
	/** Longest wait for the first token, ms; absent: no limit. */
	readonly firstTokenTimeoutMs?: number;
	/** Longest silence in a stream once it has begun, ms. Default 60,000. */
	readonly idleTimeoutMs: number;
	/** Longest request, ms; absent: no limit. */
	readonly totalTimeoutMs?: number;
	/** How often a request answered 429 or 503 is sent again after Retry-After. Default 0: a retry hides the server's answer. */
	readonly retry: number;
}

export interface WorkConfig {
	/** Name of a preset in presets/workloads/, e.g. `long-text`; `custom` for prompts of one's own without a preset. */
	readonly workload: string;
	readonly prompt?: string;
	readonly system?: string;
	/** Length of a generated prompt in tokens (cl100k, approximately). */
	readonly promptTokens?: number;
	readonly datasetFile?: string;
	/** Output length asked for; absent: the workload's. */
	readonly maxTokens?: number;
	/** Let the model end where it wants: no `ignore_eos`, no `min_tokens`. Absent: the workload's. */
	readonly naturalEnd?: boolean;
	readonly temperature?: number;
	/** Seed of the plan (prompts, arrivals, lengths): the same seed gives the same bytes. Another each run when none is given. */
	readonly seed: number;
	/** Cold: every prompt starts with unique characters, so that no prefix cache can answer. */
	readonly cache: 'cold' | 'warm';
	/** How output tokens are counted: `auto` (the server's own count first), or a local tokenizer. */
	readonly tokens: 'auto' | 'cl100k' | 'o200k' | {readonly tokenizerFile: string};
	/** Extra members of the request body; they win over ours. */
	readonly body: Readonly<Record<string, unknown>>;
}

export interface SloConfig {
	readonly ttftMs?: number;
	readonly tpotMs?: number;
	readonly e2eMs?: number;
}

export interface GoalsConfig {
	/** A request is good when it meets every one of these. Empty: no goals. */
	readonly slo: SloConfig;
	/** Exit 6 when a level is client-limited, 1 when a goal is missed at p99 or a request failed. */
	readonly strict: boolean;
}

export interface OutputConfig {
	/** Session file; absent: the XDG state folder. */
	readonly saveFile?: string;
	readonly csvFile?: string;
	/** The session document on standard output, and nothing else there. */
	readonly json: boolean;
	readonly headless: boolean;
	/** Frames a second; absent: 4, or 2 over SSH. 0.2 to 30. */
	readonly fps?: number;
	readonly ascii: boolean;
	readonly color: boolean;
	/** Colours of the view; absent: what the terminal says of its background, else dark. */
	readonly theme?: 'dark' | 'light' | 'mono' | 'sixteen';
	/** The mouse's wheel scrolls; the terminal's own selection then needs Shift. */
	readonly mouse: boolean;
	/** Sentences in place of the view. */
	readonly screenReader: boolean;
	readonly quiet: boolean;
	readonly labels: Readonly<Record<string, string>>;
}

/** What is watched without any load. */
export interface WatchConfig {
	/** Without `url`: that is `urls`. */
	readonly target: TargetConfig;
	/** Base URLs; empty: looked for on this machine. */
	readonly urls: readonly string[];
	/** Absent: this machine's servers. */
	readonly ssh?: SshConfig;
	readonly start?: StartConfig;
	readonly output: OutputConfig;
}

export interface Config {
	readonly target: TargetConfig;
	/** Absent: the server is on this machine, or at the address that was given. */
	readonly ssh?: SshConfig;
	/** Absent: the server is there already. */
	readonly start?: StartConfig;
	readonly load: LoadConfig;
	readonly limits: LimitsConfig;
	readonly work: WorkConfig;
	readonly goals: GoalsConfig;
	readonly output: OutputConfig;
}
