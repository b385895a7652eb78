/**
 * Which processes of this machine are inference servers by their command, and where such a one listens for clients.
 * Strict on purpose: what is found here is asked over HTTP, and the other ports of an engine's processes (those of its
 * workers, of a debugger, of a training run) must hear nothing from us.
 */

/** A process that listens, as the system tells of it. */
export interface ListeningProcess {
	readonly pid: number;
	readonly parent: number;
	readonly argv: readonly string[];
	/** Where it listens on this machine itself; never an address of the network alone. */
	readonly listens: readonly Listener[];
}

export interface Listener {
	/** Address to reach it at. */
	readonly host: '127.0.0.1' | '::1';
	readonly port: number;
}

/** Programs that are servers, or become one with a word after them. */
const programs: ReadonlySet<string> = new Set([
	'vllm',
	'aphrodite',
	'sglang',
	'ollama',
	'llama-server',
	'llamafile',
	'lmdeploy',
	'trtllm-serve',
	'text-generation-router',
	'mlx_lm.server',
	'vllama',
]);
/** Those that take their port from the environment or a file, too, and have no further sockets for their workers. */
const singlePorted: ReadonlySet<string> = new Set([
	'ollama',
	'llama-server',
	'llamafile',
	'llama_cpp',
	'mlx_lm',
	'vllama',
]);
/** `python -m …`: the first part of the module's name. */
const modules: ReadonlySet<string> = new Set([
	'vllm',
	'aphrodite',
	'sglang',
	'llama_cpp',
	'lmdeploy',
	'tensorrt_llm',
	'mlx_lm',
]);

/** One of them stands in every command that `engineIn` knows. */
export const engineWords: readonly string[] = [...new Set([...programs, ...modules])];

/** The engine's name in a command; absent when it is the command of something else. */
export function engineIn(argv: readonly string[]): string | undefined {
	const [program = '', ...rest] = argv;
	const name = baseName(program);
	if (programs.has(name)) return name;
	if (!/^(?:python|pypy)[\d.]*$/.test(name)) return undefined;
	// `python -u /usr/bin/vllm serve …`, `python -m vllm.entrypoints.openai.api_server …`
	const first = rest.findIndex((word) => word === '-m' || !word.startsWith('-'));
	const word = rest[first] ?? '';
	if (word !== '-m') return programs.has(baseName(word)) ? baseName(word) : undefined;
	const [module = ''] = (rest[first + 1] ?? '').split('.');
	return modules.has(module) ? module : undefined;
}

function baseName(path: string): string {
	return (
		path
			.split(/[\\/]/)
			.at(-1)
			?.replace(/\.exe$/i, '') ?? ''
	);
}

/** The port that a command names; absent when it names none. */
export function portIn(argv: readonly string[]): number | undefined {
	for (const [place, word] of argv.entries()) {
		const [, value = argv[place + 1]] = /^--(?:server[-_])?port(?:=(.*))?$/.exec(word) ?? [undefined, ''];
		if (/^\d{1,5}$/.test(value ?? '')) return Number(value);
	}
	return undefined;
}

/** Where a server listens for its clients. */
export interface ServerAddress {
	readonly url: string;
	/** Any request, a GET of its models included, breaks off the answer that it is writing (llama-cpp-python's default). */
	readonly isFragile: boolean;
}

/**
 * The addresses of the servers among these processes: at the port that a command names; of engines without workers also
 * at the only one that they listen on. Children of a server are its workers and runners, not servers.
 */
export function serverAddresses(processes: readonly ListeningProcess[]): readonly ServerAddress[] {
	const engines = new Map(processes.map(({pid, argv}) => [pid, engineIn(argv)]));
	return processes.flatMap(({pid, parent, argv, listens}) => {
		const engine = engines.get(pid);
		if (engine === undefined || engines.get(parent) !== undefined) return [];
		const port = portIn(argv) ?? (singlePorted.has(engine) ? onlyPort(listens) : undefined);
		const [listener] = listens.filter((other) => other.port === port).toSorted(ipv4First);
		return listener === undefined ? [] : [{url: urlOf(listener), isFragile: engine === 'llama_cpp'}];
	});
}

/** By the address of each Ollama among these processes, that of the llama-server that it runs, when it runs only one. */
export function ollamaChildren(processes: readonly ListeningProcess[]): ReadonlyMap<string, string> {
	const children = new Map<string, string>();
	for (const parent of processes.filter(({argv}) => engineIn(argv) === 'ollama')) {
		const runners = processes.filter(({parent: pid, argv}) => pid === parent.pid && engineIn(argv) === 'llama-server');
		// Alone, so that nobody is its parent here.
		const [url, more] = serverAddresses(runners).map((address) => address.url);
		if (url === undefined || more !== undefined) continue;
		for (const {url: parentUrl} of serverAddresses([parent])) children.set(parentUrl, url);
	}
	return children;
}

/**
 * The process that serves at this port: the one that listens on it, else, since sockets of other users are not told, the
 * only one whose command names it or, naming none, is of this engine.
 */
export function serverProcess(
	processes: readonly ListeningProcess[],
	{port, engine}: {readonly port: number; readonly engine?: string},
): ListeningProcess | undefined {
	const listening = processes.find(({listens}) => listens.some((listener) => listener.port === port));
	if (listening !== undefined) return listening;
	const silent = processes.filter(({listens}) => listens.length === 0);
	const named = silent.filter(({argv}) => portIn(argv) === port);
	const [first, second] =
		named.length > 0 ? named : silent.filter(({argv}) => portIn(argv) === undefined && engineIn(argv) === engine);
	return second === undefined ? first : undefined;
}

function onlyPort(listens: readonly Listener[]): number | undefined {
	const ports = new Set(listens.map(({port}) => port));
	return ports.size === 1 ? listens[0]?.port : undefined;
}

function ipv4First(one: Listener, other: Listener): number {
	return Number(one.host === '::1') - Number(other.host === '::1');
}

function urlOf({host, port}: Listener): string {
	return `http://${host === '::1' ? '[::1]' : host}:${port}`;
}
