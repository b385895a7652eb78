/**
 * Every flag there is, as data: the parser, `--help` and the suggestions for misspelt flags are made from this table.
 */

export type Group = 'target' | 'ssh' | 'start' | 'load' | 'work' | 'goals' | 'output' | 'other';

/** What llmtop can be told to do; `load` is the one without a word of its own, which without a load watches. */
export const commandNames = ['load', 'demo', 'presets', 'doctor', 'selftest', 'report', 'replay', 'recover'] as const;
export type CommandName = (typeof commandNames)[number];

export interface Flag {
	/** Without dashes. A name that begins with `no-` turns something off that is on. */
	readonly name: string;
	/** One letter, used with one dash. */
	readonly short?: string;
	readonly group: Group;
	/** Stands for the value in `--help`; absent: the flag takes none. */
	readonly value?: string;
	/** The value may be left out. */
	readonly bare?: true;
	/** An empty value means something. */
	readonly empty?: true;
	/** May be given several times. */
	readonly repeatable?: true;
	/** What holds without the flag, for people. */
	readonly default?: string;
	/** One sentence; `{engines}` and `{workloads}` stand for the names known to the program. */
	readonly help: string;
	/** The commands that take it. */
	readonly commands: readonly CommandName[];
}

const both = ['load', 'demo'] as const;
const real = ['load'] as const;
const seen = ['load', 'demo', 'replay'] as const;

// biome-ignore format: a table reads best with one flag a line.
const table = [
	{group: 'target', commands: real, name: 'url', short: 'u', value: 'URL', repeatable: true, help: 'Base URL of the server; absent: looked for on this machine. Several can be watched'},
	{group: 'target', commands: both, name: 'engine', short: 'e', value: 'NAME', default: 'auto', help: '{engines}'},
	{group: 'target', commands: ['load', 'demo', 'presets'], name: 'model', short: 'm', value: 'NAME', help: 'Model to ask for; needed when the server has several, or is to be started'},
	{group: 'target', commands: both, name: 'api', value: 'API', help: 'chat, completions, native-chat or native-completions'},
	{group: 'target', commands: real, name: 'api-key-env', value: 'NAME', default: 'LLMTOP_API_KEY, OPENAI_API_KEY', help: 'Environment variable that holds the API key'},
	{group: 'target', commands: both, name: 'header', value: "'NAME: VALUE'", repeatable: true, help: `Additional header; \${NAME} is taken from the environment`},
	{group: 'target', commands: real, name: 'insecure', help: 'Do not verify the TLS certificate'},
	{group: 'target', commands: real, name: 'cacert', value: 'FILE', help: 'Additional certificate authority (PEM)'},
	{group: 'target', commands: real, name: 'watch', help: 'Watch servers without any load; so does llmtop without flags'},

	{group: 'ssh', commands: ['load', 'doctor'], name: 'ssh', value: 'DEST', repeatable: true, help: 'Machine of the server: user@host, host:port or a Host of ~/.ssh/config. Several can be watched, or compared'},
	{group: 'ssh', commands: real, name: 'log', value: 'WHERE', default: 'found from its process', help: "The server's log there: a path, journal:UNIT or docker:NAME"},
	{group: 'ssh', commands: real, name: 'direct', help: "HTTP goes to the machine's address; SSH carries only the rest"},
	{group: 'ssh', commands: real, name: 'load-there', help: 'Run the load on the machine itself (needs Node 22.19 there) and show it here'},
	{group: 'ssh', commands: real, name: 'keep', help: 'With --load-there: leave the program there for the next time'},
	{group: 'ssh', commands: real, name: 'orphan-timeout', value: 'TIME', default: '60s', help: 'How long a server or a load that was started there outlives a lost connection'},
	{group: 'ssh', commands: real, name: 'compare', help: 'With several --ssh: the same load on each, one after the other, and a table of all'},

	{group: 'start', commands: real, name: 'preset', short: 'p', value: 'ID|FILE', help: 'Start the server of this preset, and stop it at the end; `llmtop presets` lists them'},
	{group: 'start', commands: real, name: 'start', help: "The same with --engine's own preset: --engine vllm --start --model NAME"},
	{group: 'start', commands: ['load', 'presets'], name: 'set', value: 'KEY=VALUE', repeatable: true, help: 'Change a parameter of the preset, a flag of the server (max-num-seqs=64) or, in capitals, an environment variable'},
	{group: 'start', commands: real, name: 'sweep-server', value: 'KEY=LIST', help: 'Start the server once for each value of a flag or variable, and run the whole load in each: max-num-seqs=64,128,256'},
	{group: 'start', commands: real, name: 'pull', help: 'Let Ollama download the model when it does not have it'},
	{group: 'start', commands: real, name: 'keep-server', help: 'Leave the started server running at the end'},

	{group: 'load', commands: both, name: 'concurrency', short: 'c', value: 'N', help: 'Closed loop: hold N streams open'},
	{group: 'load', commands: both, name: 'burst', value: '[N]', bare: true, help: 'N requests in the same instant, each once; without N: makes bursts of a --sweep'},
	{group: 'load', commands: both, name: 'sweep', value: 'LIST', help: 'Level after level: 1,8,32 or 1..1024x2 or 10..100+10'},
	{group: 'load', commands: both, name: 'rate', value: 'LIST', help: 'Open loop: requests a second, on schedule however slow the server is'},
	{group: 'load', commands: both, name: 'arrival', value: 'KIND', default: 'poisson', help: 'Of --rate: constant or poisson'},
	{group: 'load', commands: both, name: 'requests', short: 'n', value: 'N', help: 'Measured requests a level'},
	{group: 'load', commands: both, name: 'duration', short: 'd', value: 'TIME', default: 'until q; else 60s', help: 'Length of a level: 90s, 5m, 1h30m'},
	{group: 'load', commands: both, name: 'warmup', value: 'N', default: '1', help: 'Requests before the first level that are not counted'},
	{group: 'load', commands: both, name: 'ramp', value: 'TIME', default: '0s', help: 'Time over which a closed loop starts its streams'},
	{group: 'load', commands: both, name: 'repeat', value: 'N', default: '1', help: 'Runs of each level, for error bars'},
	{group: 'load', commands: both, name: 'stop-at', value: 'WHAT', help: 'End a sweep at saturation or slo'},
	{group: 'load', commands: both, name: 'no-stream', help: 'Ask for whole responses'},
	{group: 'load', commands: both, name: 'workers', value: 'N', default: 'as many as useful', help: 'Load threads'},
	{group: 'load', commands: both, name: 'transport', value: 'NAME', default: 'net', help: 'net, or undici for a second opinion'},
	{group: 'load', commands: both, name: 'timeout-first-token', value: 'TIME', default: 'none', help: 'Longest wait for a first token'},
	{group: 'load', commands: both, name: 'timeout-idle', value: 'TIME', default: '60s', help: 'Longest silence within a stream'},
	{group: 'load', commands: both, name: 'timeout-total', value: 'TIME', default: 'none', help: 'Longest request'},
	{group: 'load', commands: both, name: 'retry', value: 'N', default: '0', help: 'Send again after 429 or 503, at most N times'},

	{group: 'work', commands: both, name: 'workload', value: 'NAME', default: 'long-text', help: '{workloads}'},
	{group: 'work', commands: both, name: 'prompt', value: 'TEXT', help: 'The prompt of every request'},
	{group: 'work', commands: both, name: 'system', value: 'TEXT', empty: true, help: "The system prompt; '' for none"},
	{group: 'work', commands: both, name: 'prompt-tokens', value: 'N', help: 'Made-up prompts of about N tokens (cl100k)'},
	{group: 'work', commands: both, name: 'dataset', value: 'FILE.jsonl', help: 'Prompts from a file, one JSON object a line'},
	{group: 'work', commands: both, name: 'max-tokens', value: 'N', default: "the workload's", help: 'Output length, forced where the engine can'},
	{group: 'work', commands: both, name: 'natural-end', help: 'Let the model end before --max-tokens'},
	{group: 'work', commands: both, name: 'temperature', value: 'X', default: "the workload's", help: 'Sampling temperature, 0 to 2'},
	{group: 'work', commands: both, name: 'seed', value: 'N', default: 'new each run', help: 'The same seed sends the same bytes'},
	{group: 'work', commands: both, name: 'cache', value: 'KIND', default: 'cold', help: 'cold: no two prompts begin alike; warm: they may'},
	{group: 'work', commands: both, name: 'tokens', value: 'HOW', default: 'auto', help: "Output is counted by the server's word (auto), cl100k, o200k or a tokenizer.json"},
	{group: 'work', commands: both, name: 'body', value: 'KEY=JSON', repeatable: true, help: 'Additional member of the request'},

	{group: 'goals', commands: both, name: 'slo', value: 'LIST', help: 'What a good request keeps: ttft=500,tpot=50,e2e=20s (ms without a unit)'},
	{group: 'goals', commands: both, name: 'strict', help: 'Exit 6 when this client was the limit, 1 when a goal was missed or a request failed'},

	{group: 'output', commands: ['load', 'demo', 'recover'], name: 'save', short: 'o', value: 'FILE', default: 'in the state folder', help: 'Session file (JSON)'},
	{group: 'output', commands: both, name: 'csv', value: 'FILE', help: 'One row a level'},
	{group: 'output', commands: ['load', 'demo', 'presets', 'doctor', 'selftest'], name: 'json', help: 'The result as JSON on standard output, nothing else there'},
	{group: 'output', commands: both, name: 'headless', help: 'No live view; progress on standard error'},
	{group: 'output', commands: seen, name: 'fps', value: 'N', default: '4; 2 over SSH', help: 'Frames a second of the view, 0.2 to 30'},
	{group: 'output', commands: [...seen, 'doctor'], name: 'ascii', help: 'Draw with ASCII only'},
	{group: 'output', commands: [...seen, 'doctor'], name: 'no-color', help: 'No colours (also: NO_COLOR=1)'},
	{group: 'output', commands: seen, name: 'theme', value: 'NAME', default: 'by the terminal', help: 'Colours of the view: dark, light, mono or sixteen'},
	{group: 'output', commands: seen, name: 'mouse', help: 'The wheel scrolls; to select text then needs Shift'},
	{group: 'output', commands: both, name: 'screen-reader', help: 'Sentences in place of the view (also: INK_SCREEN_READER=true)'},
	{group: 'output', commands: both, name: 'quiet', short: 'q', help: 'No progress lines'},
	{group: 'output', commands: both, name: 'label', value: 'KEY=VALUE', repeatable: true, help: 'Kept in the session file'},

	{group: 'other', commands: ['presets'], name: 'shell', help: 'Of presets: only the command, as a line to paste into a shell'},
	{group: 'other', commands: ['report'], name: 'format', value: 'KIND', default: 'text', help: 'Of report: as text, md, csv or json'},
	{group: 'other', commands: ['replay'], name: 'at', value: 'TIME', default: '0:00', help: 'Of replay: where to start, 1:30 or 90s'},
	{group: 'other', commands: ['replay'], name: 'speed', value: 'X', default: '1', help: 'Of replay: times as fast, 0.25 to 64'},
	{group: 'other', commands: ['selftest'], name: 'streams', value: 'LIST', default: '1,32,256,1000', help: 'Of selftest: how many at once'},
	{group: 'other', commands: commandNames, name: 'help', short: 'h', help: 'This text, or that of a command'},
	{group: 'other', commands: commandNames, name: 'version', short: 'V', help: 'The version'},
] as const satisfies readonly Flag[];

export type FlagName = (typeof table)[number]['name'];

/** All flags, in the order of `--help`. */
export const flags: readonly (Flag & {readonly name: FlagName})[] = table;

/** What other load generators call our flags; only for suggestions. */
export const namesElsewhere: Readonly<Record<string, FlagName>> = {
	'base-url': 'url',
	host: 'url',
	port: 'url',
	backend: 'engine',
	'max-concurrency': 'concurrency',
	users: 'concurrency',
	'request-rate': 'rate',
	qps: 'rate',
	rps: 'rate',
	'num-prompts': 'requests',
	'num-requests': 'requests',
	'request-count': 'requests',
	iterations: 'requests',
	'max-seconds': 'duration',
	'random-input-len': 'prompt-tokens',
	'input-len': 'prompt-tokens',
	'random-output-len': 'max-tokens',
	'output-len': 'max-tokens',
	'num-predict': 'max-tokens',
	'dataset-path': 'dataset',
	goodput: 'slo',
	output: 'save',
	'extra-body': 'body',
	stream: 'no-stream',
	threads: 'workers',
	v: 'version',
};
