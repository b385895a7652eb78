/**
 * All processes of a server that we started, wherever they have gone: its children, those whose parents have died, and
 * those in process groups of their own. Found by any of four signs, because each can be lost: the session and the group
 * that the server leads, the parent links, and a mark in the environment (which programs that rename themselves, as
 * vLLM's, overwrite).
 */

import {commandOf, findProcess, listProcesses, type ProcessInfo, withEnvironment} from './process-list.ts';

/** The environment variable that marks every process of a server that we started: `PORT-RANDOM`. */
export const markVariable = 'LLMTOP_SERVER';

/** A server of ours. */
export interface ServerIdentity {
	/** Value of `markVariable`, not used by any other. */
	readonly mark: string;
	/** Its first process, leader of a session and group of its own; absent when it is not known. */
	readonly root?: {readonly pid: number; readonly startedAt: number};
}

/** Its processes that run now; the first one first, when it does. */
export async function serverProcesses({mark, root}: ServerIdentity): Promise<readonly ProcessInfo[]> {
	const all = (await listProcesses()).filter(({pid}) => pid !== process.pid);
	// Nothing of a server is older than its first process, and so no older process can be taken for a part of it.
	const candidates = root === undefined ? all : all.filter(({startedAt}) => startedAt >= root.startedAt);
	// Its number went to another process: the system does that only when nothing is left of its session and group.
	const isReused = candidates.some(({pid, startedAt}) => pid === root?.pid && startedAt !== root.startedAt);
	const leader = isReused ? undefined : root?.pid;
	const isLed = ({pid, session, group}: ProcessInfo) => [pid, session, group].some((number) => number === leader);
	const members = new Set(candidates.filter(isLed));
	const others = candidates.filter((info) => !members.has(info));
	const numbers = others.map(({pid}) => pid);
	const marked = await withEnvironment(numbers, `${markVariable}=${mark}`);
	const parents = new Set([...members].map(({pid}) => pid));
	for (let before = -1; before !== members.size; ) {
		before = members.size;
		for (const info of others) {
			if (!marked.has(info.pid) && !parents.has(info.parent)) continue;
			members.add(info);
			parents.add(info.pid);
		}
	}
	return [...members].sort((a, b) => Number(b.pid === leader) - Number(a.pid === leader));
}

/** Signals a process, unless it has ended or its number went to another. False when it is not there. */
export async function signalProcess(target: ProcessInfo, signal: NodeJS.Signals): Promise<boolean> {
	const found = await findProcess(target.pid);
	if (found?.startedAt !== target.startedAt || found.hasEnded) return false;
	try {
		return process.kill(target.pid, signal);
	} catch {
		return false;
	}
}

/** A process of a server for this port, whichever llmtop started it; `undefined` when there is none. */
export async function markedForPort(
	port: number,
): Promise<{readonly pid: number; readonly command: string} | undefined> {
	const numbers = (await listProcesses()).map(({pid}) => pid).filter((pid) => pid !== process.pid);
	const [pid] = await withEnvironment(numbers, `${markVariable}=${port}-`);
	return pid === undefined ? undefined : {pid, command: await commandOf(pid)};
}
