/** The processes of this machine, as far as this user may see them: /proc on Linux, `ps` elsewhere. */

import {execFile} from 'node:child_process';
import {readdirSync, readFileSync} from 'node:fs';
import {promisify} from 'node:util';
import {cleanLine} from './log-lines.ts';
import {withoutSecrets} from './log-secrets.ts';

export interface ProcessInfo {
	readonly pid: number;
	readonly parent: number;
	/** Process group. */
	readonly group: number;
	/** Session; 0 where it is not told. */
	readonly session: number;
	/** When it started: larger is later, equal for the same process at each look. Clock ticks on Linux, else ms. */
	readonly startedAt: number;
	/** It has ended, and its parent has not asked how. */
	readonly hasEnded: boolean;
}

/** All processes that still run; one that has ended and only waits for its parent is not among them. */
export async function listProcesses(): Promise<readonly ProcessInfo[]> {
	const all =
		process.platform === 'linux'
			? pidsInProc().flatMap((pid) => parseStat(readProc(pid, 'stat')) ?? [])
			: parsePs(await output('ps', ['-axo', 'pid=,ppid=,pgid=,stat=,lstart=']));
	return all.filter(({hasEnded}) => !hasEnded);
}

/** One process, also one that has ended and waits for its parent; `undefined` when it is not there. */
export async function findProcess(pid: number): Promise<ProcessInfo | undefined> {
	if (process.platform === 'linux') return parseStat(readProc(pid, 'stat'));
	return parsePs(await output('ps', ['-o', 'pid=,ppid=,pgid=,stat=,lstart=', '-p', String(pid)]))[0];
}

/** Those of them whose environment contains this text; one that cannot be read does not. */
export async function withEnvironment(pids: readonly number[], text: string): Promise<ReadonlySet<number>> {
	if (process.platform === 'linux') return new Set(pids.filter((pid) => readProc(pid, 'environ').includes(text)));
	if (pids.length === 0) return new Set();
	const lines = (await output('ps', ['-Eww', '-o', 'pid=,command=', '-p', pids.join(',')])).split('\n');
	return new Set(lines.filter((line) => line.includes(text)).map((line) => Number.parseInt(line, 10)));
}

/** Its command line for a person, arguments separated by blanks, without secrets; '' when it cannot be read. */
export async function commandOf(pid: number): Promise<string> {
	const told =
		process.platform === 'linux'
			? readProc(pid, 'cmdline').replaceAll('\0', ' ')
			: await output('ps', ['-ww', '-o', 'command=', '-p', String(pid)]);
	return withoutSecrets(cleanLine(told).trim());
}

/** What a program of the system prints; '' when it fails. */
export async function output(program: string, argv: readonly string[]): Promise<string> {
	try {
		const {stdout} = await promisify(execFile)(program, argv, {
			env: {...process.env, LC_ALL: 'C'},
			maxBuffer: 64 * 1024 * 1024,
			timeout: 10_000,
		});
		return stdout;
	} catch {
		return '';
	}
}

/** All process ids below /proc. */
export function pidsInProc(): readonly number[] {
	return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
}

function readProc(pid: number, file: string): string {
	try {
		// Made by the kernel while it is read: there is no disk to wait for.
		return readFileSync(`/proc/${pid}/${file}`, 'utf8');
	} catch {
		// It has ended, or belongs to somebody else.
		return '';
	}
}

/** Reads /proc/PID/stat (proc(5)); `undefined` when it is none. */
export function parseStat(text: string): ProcessInfo | undefined {
	// The name stands in brackets and may itself hold blanks and brackets.
	const name = text.lastIndexOf(')');
	const pid = Number.parseInt(text, 10);
	const [state = '', parent, group, session, ...more] = text.slice(name + 2).split(' ');
	const startedAt = Number(more[15]);
	if (name < 0 || !Number.isInteger(pid) || !Number.isFinite(startedAt)) return undefined;
	const hasEnded = 'ZXx'.includes(state);
	return {pid, parent: Number(parent), group: Number(group), session: Number(session), startedAt, hasEnded};
}

/** Reads lines of `pid ppid pgid stat lstart`, in the C locale. */
export function parsePs(text: string): readonly ProcessInfo[] {
	return text.split('\n').flatMap((line) => {
		const [, pid, parent, group, state = '', started = ''] =
			/^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.+)$/.exec(line) ?? [];
		const startedAt = Date.parse(started);
		if (pid === undefined || Number.isNaN(startedAt)) return [];
		const hasEnded = state.startsWith('Z');
		return [{pid: Number(pid), parent: Number(parent), group: Number(group), session: 0, startedAt, hasEnded}];
	});
}
