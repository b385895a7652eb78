/** A server's process behind its guard, as llmtop sees it: started, ended, stopped, or left running. */

import {execa} from 'execa';
import {roleFile, roleVariable} from '../role.ts';
import {type FromGuard, type GuardOrder, isFromGuard, type ToGuard} from './guard-messages.ts';
import type {ServerProcess} from './place.ts';
import {type ServerIdentity, serverProcesses} from './process-tree.ts';
import {type StopReport, stopTree} from './stop-tree.ts';

/** How the server's first process ended, and what was done to the rest. */
export interface ProcessEnd {
	readonly code: number | null;
	readonly signal: NodeJS.Signals | null;
	readonly report: StopReport;
	/** The guard had died, and so the server was stopped. */
	readonly guardDied?: true;
	/** Its machine was out of reach for longer than it was to live so, ms. */
	readonly outOfReachMs?: number;
}

/** It was never there: the system's code (`ENOENT`), '' when there is none, and its words. */
export class SpawnError extends Error {
	readonly code: string;

	constructor(code: string, message: string) {
		super(message);
		this.code = code;
	}
}

/** Starts the guard and, through it, the server. Rejects with a `SpawnError` when the server's program cannot be run. */
export async function startGuarded(order: Omit<GuardOrder, 'kind'>): Promise<ServerProcess> {
	const {nodeChildProcess: guard} = execa(process.execPath, [roleFile('guard')], {
		ipc: true,
		// A session of its own, so that what ends our process group leaves it there.
		detached: true,
		stdin: 'ignore',
		stdout: 'ignore',
		stderr: 'ignore',
		env: {[roleVariable]: 'guard'},
		reject: false,
		cleanup: false,
		buffer: false,
	});
	const hurry = new AbortController();
	const {promise: started, resolve: onStarted, reject: onFailed} = Promise.withResolvers<ServerIdentity>();
	const {promise: ended, resolve: onEnded} = Promise.withResolvers<ProcessEnd>();
	let identity: ServerIdentity = {mark: order.mark};
	let graceMs = order.graceMs;
	let isKept = false;
	let isOver = false;

	async function stopWithoutGuard(): Promise<ProcessEnd> {
		const report = await stopTree({server: identity, address: order.address, graceMs, hurry: hurry.signal});
		const end: ProcessEnd = {code: null, signal: null, report, guardDied: true};
		onEnded(end);
		return end;
	}

	guard.on('message', (message: unknown) => {
		if (!isFromGuard(message)) return;
		const told: FromGuard = message;
		if (told.kind === 'started') {
			const {pid, startedAt} = told;
			identity = {mark: order.mark, root: {pid, startedAt}};
			onStarted(identity);
		} else {
			isOver = true;
			if (told.kind === 'failed') onFailed(new SpawnError(told.code, told.message));
			else onEnded({code: told.code, signal: told.signal, report: told.report});
		}
	});
	// A guard that ends without having said so was killed: then nothing but us is left to end the server.
	guard.once('exit', () => {
		if (isOver || isKept) return;
		void stopWithoutGuard().then(() => onFailed(new SpawnError('', 'the process that guards it ended at once')));
	});

	function tell(message: ToGuard): void {
		if (guard.connected) guard.send(message, () => undefined);
	}
	tell({kind: 'start', ...order});
	const {root} = await started;
	return {
		pid: root?.pid ?? 0,
		ended,
		pids: async () => (await serverProcesses(identity)).map(({pid}) => pid),
		async stop(grace) {
			graceMs = grace;
			if (!guard.connected && !isOver) return await stopWithoutGuard();
			tell({kind: 'stop', graceMs: grace});
			return await ended;
		},
		hurry() {
			hurry.abort();
			tell({kind: 'hurry'});
		},
		async keep() {
			isKept = true;
			tell({kind: 'keep'});
		},
		leave() {
			// A guard that was killed is gone already.
			if (guard.connected) guard.disconnect();
			guard.unref();
		},
	};
}
