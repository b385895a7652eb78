/** What llmtop and the guard of a server say to each other. Plain data: it crosses a process boundary as JSON. */

import {isRecord} from '../servers/json-access.ts';
import type {Address} from './port.ts';
import type {StopReport} from './stop-tree.ts';

/** The first message: what to start. */
export interface GuardOrder {
	readonly kind: 'start';
	readonly program: string;
	readonly argv: readonly string[];
	/** All of it. */
	readonly environment: Readonly<Record<string, string>>;
	/** Value of `markVariable`. */
	readonly mark: string;
	readonly logFile: string;
	readonly address: Address;
	readonly graceMs: number;
}

export type ToGuard =
	| GuardOrder
	/** End it: `graceMs` each for SIGINT and SIGTERM. */
	| {readonly kind: 'stop'; readonly graceMs: number}
	/** SIGKILL now. */
	| {readonly kind: 'hurry'}
	/** From now on the server lives on when llmtop ends. */
	| {readonly kind: 'keep'};

export type FromGuard =
	| {readonly kind: 'started'; readonly pid: number; readonly startedAt: number}
	/** It could not be started at all. */
	| {readonly kind: 'failed'; readonly code: string; readonly message: string}
	/** Its first process ended, whether asked to or not; the report says what became of the rest. */
	| {
			readonly kind: 'ended';
			readonly code: number | null;
			readonly signal: NodeJS.Signals | null;
			readonly report: StopReport;
	  };

/** Messages come from this program's other half: only their kind is looked at. */
export function isToGuard(message: unknown): message is ToGuard {
	return isRecord(message) && ['start', 'stop', 'hurry', 'keep'].includes(String(message.kind));
}

export function isFromGuard(message: unknown): message is FromGuard {
	return isRecord(message) && ['started', 'failed', 'ended'].includes(String(message.kind));
}
