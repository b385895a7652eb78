/** What the guard of a job tells (the file `events`), read. Pure. */

import {constants} from 'node:os';
import {cleanLine} from '../../launch/log-lines.ts';
import {withoutSecrets} from '../../launch/log-secrets.ts';
import type {JobEnd, JobProcess} from './job.ts';

export type JobEvent =
	| {readonly kind: 'kept' | 'orphaned'}
	| {readonly kind: 'killed' | 'left'; readonly process: JobProcess}
	| {
			readonly kind: 'ended';
			readonly end: Pick<JobEnd, 'code' | 'signal' | 'sent'>;
			/** Of all its output. */
			readonly outputBytes: number;
			readonly errorBytes: number;
	  };

/** A shell adds it to the number of the signal that ended a program. */
const signalOffset = 128;

/** `undefined` for a line that says nothing to us. */
export function parseEvent(line: string): JobEvent | undefined {
	if (line === 'kept' || line === 'orphaned') return {kind: line};
	const [, state, pid, command = ''] = /^(killed|left) (\d+) ?(.*)$/s.exec(line) ?? [];
	if (state === 'killed' || state === 'left') {
		return {kind: state, process: {pid: Number(pid), command: withoutSecrets(cleanLine(command)).trim()}};
	}
	const [, code, sent, out, err] = /^ended (\d+|-) (-|SIGINT|SIGTERM|SIGKILL) (\d+) (\d+)$/.exec(line) ?? [];
	if (code === undefined) return undefined;
	const how = code === '-' ? {code: null, signal: null} : howItEnded(Number(code));
	const isSent = sent === 'SIGINT' || sent === 'SIGTERM' || sent === 'SIGKILL';
	const end: Pick<JobEnd, 'code' | 'signal' | 'sent'> = isSent ? {...how, sent} : how;
	return {kind: 'ended', end, outputBytes: Number(out), errorBytes: Number(err)};
}

function howItEnded(status: number): Pick<JobEnd, 'code' | 'signal'> {
	for (const [name, number] of Object.entries(constants.signals)) {
		if (number === status - signalOffset && isSignal(name)) return {code: null, signal: name};
	}
	return {code: status, signal: null};
}

function isSignal(name: string): name is NodeJS.Signals {
	return name in constants.signals;
}
