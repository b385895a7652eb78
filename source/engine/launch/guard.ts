/**
 * The guard of a server that llmtop started: a small process between the two, in a session of its own, so that whatever
 * ends llmtop (a closed terminal, `kill -9`) ends the server too. It is the server's parent and lives as long as its
 * channel to llmtop; when that closes it ends the server with everything that belongs to it, and then itself. Without
 * any package: it must be there quickly. No file remembers servers: one that outlived llmtop and its guard, both killed,
 * is named when its port is wanted again.
 */

import {type ChildProcess, spawn} from 'node:child_process';
import {closeSync, openSync, rmSync} from 'node:fs';
import {type FromGuard, type GuardOrder, isToGuard} from './guard-messages.ts';
import {findProcess} from './process-list.ts';
import {markVariable, type ServerIdentity} from './process-tree.ts';
import {type StopReport, stopTree} from './stop-tree.ts';

// Killing all programs of a name (`pkill -9 -f llmtop`, `killall -9 node`) must not take the guard with what it guards.
process.title = 'server-guard';

/** From "nothing of it is left" until the system tells of the first process's end. */
const lastWordsMs = 1_000;

function tell(message: FromGuard): void {
	if (process.connected) process.send?.(message, () => undefined);
}

function tellFailure(error: unknown): void {
	const code = error instanceof Error && 'code' in error ? String(error.code) : '';
	tell({kind: 'failed', code, message: error instanceof Error ? error.message : String(error)});
	if (process.connected) process.disconnect();
}

/** Its output goes to the log file; it leads a session and a process group of its own. Throws the system's errors. */
function start(order: GuardOrder): ChildProcess {
	const log = openSync(order.logFile, 'a', 0o600);
	try {
		return spawn(order.program, order.argv, {
			env: {...order.environment, [markVariable]: order.mark},
			detached: true,
			stdio: ['ignore', log, log],
		});
	} finally {
		closeSync(log);
	}
}

/** What became of the server's first process; no code and no signal: it cannot be ended, or nobody saw it end. */
interface End {
	readonly code: number | null;
	readonly signal: NodeJS.Signals | null;
}

function guard(server: ChildProcess, pid: number, order: GuardOrder): void {
	const {promise: ended, resolve: end} = Promise.withResolvers<End>();
	server.once('exit', (code, signal) => end({code, signal}));
	const started = findProcess(pid);
	const hurry = new AbortController();
	let stopping: Promise<StopReport> | undefined;
	let isKept = false;

	async function endServer(graceMs: number): Promise<StopReport> {
		const info = await started;
		const identity: ServerIdentity = {mark: order.mark, ...(info === undefined ? {} : {root: info})};
		const report = await stopTree({server: identity, address: order.address, graceMs, hurry: hurry.signal});
		setTimeout(() => end({code: null, signal: null}), lastWordsMs).unref();
		return report;
	}
	function stop(graceMs: number): Promise<StopReport> {
		stopping ??= endServer(graceMs);
		return stopping;
	}
	function abandoned(): void {
		if (isKept) server.unref();
		else void stop(order.graceMs).then(() => rmSync(order.logFile, {force: true}));
	}

	process.on('message', (message) => {
		if (!isToGuard(message)) return;
		if (message.kind === 'keep') isKept = true;
		else if (message.kind === 'hurry') hurry.abort();
		else if (message.kind === 'stop') void stop(message.graceMs);
	});
	process.once('disconnect', abandoned);
	// llmtop may have gone before there was anyone to notice.
	if (!process.connected) abandoned();
	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(order.graceMs));
	void started.then((info) => tell({kind: 'started', pid, startedAt: info?.startedAt ?? 0}));
	void ended.then(async (how) => {
		tell({kind: 'ended', ...how, report: await stop(order.graceMs)});
		process.off('disconnect', abandoned);
		if (process.connected) process.disconnect();
	});
}

process.once('message', (order) => {
	if (!isToGuard(order) || order.kind !== 'start') return;
	try {
		const server = start(order);
		server.once('error', (error) => {
			if (server.pid === undefined) tellFailure(error);
		});
		if (server.pid !== undefined) guard(server, server.pid, order);
	} catch (error) {
		tellFailure(error);
	}
});
