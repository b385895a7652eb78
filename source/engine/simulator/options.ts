/** What the embedded server is asked to be. Plain data: it travels to the server's process as JSON. */

import {isObject, numberIn} from './json.ts';
import {type ProfileName, profiles} from './profiles/index.ts';

/** Trouble on purpose, for tests and for trying the view. */
export interface Faults {
	/** Every how many generation requests one meets the fault, ≥ 1. */
	readonly everyNth: number;
	/**
	 * `429`, `500`: refused. The others come with the third token: `reset` cuts the connection, `stall` sends nothing
	 * more, `error-in-stream` is the engine's own error inside a 200, `abort` a clean end with that finish reason.
	 */
	readonly kind: FaultKind;
}
const faultKinds = ['429', '500', 'reset', 'stall', 'error-in-stream', 'abort'] as const;
export type FaultKind = (typeof faultKinds)[number];

/** Events at stated moments, each stamped: the truth that a client can be held against. */
export interface TimetableOptions {
	readonly mode: 'timetable';
	/** 127.0.0.1; absent or 0: any free port. */
	readonly port?: number;
	/** From the last byte of a request to its first event, ms. Default 50. */
	readonly firstMs?: number;
	/** From each event to the next, ms. Default 10. */
	readonly gapMs?: number;
}

/** A server that behaves like an engine. */
export interface ModelOptions {
	readonly mode: 'model';
	readonly port?: number;
	/** Default `demo`. */
	readonly profile?: ProfileName;
	/** How many seconds of the engine go by in one; 60: an hour in a minute. Default 1. */
	readonly timeScale?: number;
	readonly faults?: Faults;
}

export type SimulatorOptions = TimetableOptions | ModelOptions;

/** The environment variable that carries the options to the server's process, as JSON. */
export const optionsVariable = 'LLMTOP_SIMULATOR';

/** What the server's process tells its parent, once. */
export type SimulatorMessage = {readonly port: number} | {readonly error: string};

function isProfileName(value: unknown): value is ProfileName {
	return typeof value === 'string' && Object.hasOwn(profiles, value);
}

function parseFaults(value: unknown): Faults | undefined {
	if (!isObject(value)) return undefined;
	const kind = faultKinds.find((known) => known === value.kind);
	const everyNth = numberIn(value, 'everyNth');
	return kind === undefined || everyNth === undefined ? undefined : {kind, everyNth};
}

/** Reads options that crossed a process boundary. Throws when they are not what `startSimulator` sends. */
export function parseSimulatorOptions(value: unknown): SimulatorOptions {
	if (!isObject(value)) throw new Error('The simulator was started without options.');
	const port = numberIn(value, 'port') ?? 0;
	if (value.mode === 'timetable') {
		return {mode: 'timetable', port, firstMs: numberIn(value, 'firstMs') ?? 50, gapMs: numberIn(value, 'gapMs') ?? 10};
	}
	if (value.mode !== 'model') throw new Error('The simulator knows the modes timetable and model.');
	const faults = parseFaults(value.faults);
	const profile = isProfileName(value.profile) ? value.profile : 'demo';
	const timeScale = numberIn(value, 'timeScale') ?? 1;
	return {mode: 'model', port, profile, timeScale, ...(faults === undefined ? {} : {faults})};
}
