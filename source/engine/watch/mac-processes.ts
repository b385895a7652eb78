/** Processes that listen, from macOS' own `ps` and `lsof`: only our own. Written after their manuals. */

import {execa} from 'execa';
import {engineIn, type Listener, type ListeningProcess} from './engine-process.ts';

/** lsof asks the kernel about every open file. */
const toolMs = 5_000;

/** As `linuxProcesses`; a command's words are what stands between blanks. */
export async function macProcesses(): Promise<readonly ListeningProcess[]> {
	const engines = readPs(await outputOf('ps', ['-axww', '-o', 'pid=,ppid=,command=']));
	if (engines.length === 0) return [];
	const pids = engines.map(({pid}) => pid).join(',');
	const listens = readLsof(await outputOf('lsof', ['-nP', '-a', '-p', pids, '-iTCP', '-sTCP:LISTEN', '-Fpn']));
	return engines.map((engine) => ({...engine, listens: listens.get(engine.pid) ?? []}));
}

/** What a tool says; nothing when it is not there or takes too long. lsof exits 1 when there is nothing to tell. */
async function outputOf(tool: string, argv: readonly string[]): Promise<string> {
	const {stdout} = await execa(tool, argv, {reject: false, timeout: toolMs, stdin: 'ignore', stderr: 'ignore'});
	return typeof stdout === 'string' ? stdout : '';
}

/** Engines in lines of `pid ppid command`. */
export function readPs(text: string): readonly Omit<ListeningProcess, 'listens'>[] {
	return text.split('\n').flatMap((line) => {
		const [pid = '', parent = '', ...argv] = line.trim().split(/\s+/);
		return engineIn(argv) === undefined ? [] : [{pid: Number(pid), parent: Number(parent), argv}];
	});
}

/** Listeners by process in the fields of `lsof -Fpn`: a line `p1234` begins a process, `n127.0.0.1:8000` is a socket of it. */
export function readLsof(text: string): ReadonlyMap<number, readonly Listener[]> {
	const found = new Map<number, Listener[]>();
	let present: Listener[] = [];
	for (const line of text.split('\n')) {
		if (line.startsWith('p')) {
			present = [];
			found.set(Number(line.slice(1)), present);
		}
		const [, address = '', port = ''] = /^n(\*|127\.[\d.]+|\[::1?\]):(\d+)$/.exec(line) ?? [];
		if (port !== '') present.push({host: address === '[::1]' ? '::1' : '127.0.0.1', port: Number(port)});
	}
	return found;
}
