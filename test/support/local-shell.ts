/**
 * This machine as if it were a box: commands run here as they do over SSH, without SSH, and the connection is cut and
 * mended by hand.
 */

import {onTestFinished} from 'vitest';
import {notStarted, type RemoteProcess, startRemote} from '../../source/engine/ssh/remote-process.ts';
import type {RemoteShell} from '../../source/engine/ssh/remote-shell.ts';

export interface LocalShell extends RemoteShell {
	/** Ends all commands; those that are started until it is mended end at once. */
	cut(): void;
	mend(): void;
	/** Nothing has come back for so long; `cut` and `mend` end that. */
	stall(roundTripMs: number): void;
	/** Commands that ran so far. */
	readonly started: number;
	/** Those who hear of its changes now. */
	readonly listeners: number;
}

/** Its commands have these variables besides PATH and HOME; they end with the test. */
export function localShell(variables: Readonly<Record<string, string>> = {}): LocalShell {
	const {PATH = '', HOME = '/'} = process.env;
	const environment = {PATH, HOME, ...variables};
	const running = new Set<RemoteProcess>();
	const listeners = new Set<() => void>();
	let state: RemoteShell['state'] = {kind: 'up', roundTripMs: 1};
	let started = 0;
	const change = (to: RemoteShell['state']) => {
		state = to;
		for (const listener of listeners) listener();
	};
	onTestFinished(async () => {
		await Promise.all([...running].map((command) => command.close()));
	});
	return {
		name: 'gpu-box',
		get state() {
			return state;
		},
		get started() {
			return started;
		},
		onChange: (listener) => {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		get listeners() {
			return listeners.size;
		},
		start: (script, args = []) => {
			if (state.kind === 'down') return notStarted(state.why);
			started++;
			const command = startRemote({file: 'sh', environment, argv: ['-c']}, script, args);
			running.add(command);
			void command.ended.then(() => running.delete(command));
			return command;
		},
		cut: () => {
			change({kind: 'down', sinceMs: 0, why: 'cut by the test'});
			for (const command of running) void command.close();
		},
		mend: () => change({kind: 'up', roundTripMs: 1}),
		stall: (roundTripMs) => change({kind: 'up', roundTripMs}),
	};
}
