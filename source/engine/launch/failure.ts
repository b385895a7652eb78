/** Why a server that we started is not there, told to a person: what, why, its last words, and where the rest is. */

import {ExpectedError, exitCode} from '../../errors.ts';
import type {StartStage} from '../../snapshot.ts';
import type {ProcessEnd, SpawnError} from './guarded-process.ts';
import type {LaunchCommand} from './preset.ts';
import type {KnownCause} from './server-log.ts';

/** A server that ended without having been asked to. */
export interface DeathReport {
	/** Of its first process; absent when a signal ended it, or nobody saw its end. */
	readonly code?: number;
	readonly signal?: string;
	/** One sentence on how it ended. */
	readonly how: string;
	/** Why, as far as its log and its end tell. */
	readonly cause?: string;
	readonly advice?: string;
	/** At most 10; from outside, without secrets. */
	readonly lastLines: readonly string[];
	/** Where its whole log lies, without secrets; absent when it could not be kept. */
	readonly logFile?: string;
}

const shownLines = 10;

export interface EndFacts {
	/** The engine and its machine, for a person: `vLLM`, `vLLM on me@gpu-box`. */
	readonly title: string;
	readonly end: ProcessEnd;
	/** Since it was started, ms. */
	readonly afterMs: number;
	readonly known: KnownCause | undefined;
	readonly lines: readonly string[];
	readonly logFile: string | undefined;
}

export function deathReport(facts: EndFacts): DeathReport {
	const {title, end, known, lines, logFile} = facts;
	const {code, signal, guardDied, outOfReachMs} = end;
	const ending =
		guardDied === true
			? 'was stopped, because the process that guards it was killed,'
			: outOfReachMs !== undefined
				? 'was out of reach for too long, and has ended'
				: signal !== null
					? `was ended by ${signal}`
					: code === null
						? 'ended'
						: `ended by itself with code ${code}`;
	const why =
		outOfReachMs === undefined
			? (known ?? (guardDied === true ? undefined : causeOfEnd(code, signal)))
			: lost(outOfReachMs);
	return {
		...(code === null ? {} : {code}),
		...(signal === null ? {} : {signal}),
		how: `${title} ${ending} after ${seconds(facts.afterMs)}`,
		...(why === undefined ? {} : {cause: why.cause}),
		...(why?.advice === undefined ? {} : {advice: why.advice}),
		lastLines: lines.slice(-shownLines),
		...(logFile === undefined ? {} : {logFile}),
	};
}

function lost(afterMs: number): KnownCause {
	return {
		cause: `What is started on another machine ends when the connection to it is lost for longer than ${seconds(afterMs)}.`,
		advice: 'With --orphan-timeout it outlives longer breaks, with --keep-server all of them once it is ready.',
	};
}

/** An end that speaks for itself. */
function causeOfEnd(code: number | null, signal: string | null): KnownCause | undefined {
	if (signal === 'SIGKILL' || code === 137) {
		return {
			cause: 'Somebody killed it; the system itself does so when memory runs out.',
			advice: 'Look into the system log (`dmesg`), and start it with less memory or a smaller model.',
		};
	}
	if (code === 127) return {cause: 'It calls a program that is not there.'};
	return undefined;
}

/** How a start ended that took too long. */
export function tooLate(
	title: string,
	{timeoutMs, stage, share}: {timeoutMs: number; stage: StartStage; share: number | undefined},
): string {
	const progress = share === undefined ? '' : ` ${Math.round(share * 100)}%`;
	return `${title} was not ready within ${seconds(timeoutMs)} (it was still ${stage}${progress}) and was stopped`;
}

/** The error of a start that came to nothing, exit 4; `how` is a sentence without its full stop. */
export function notReady(how: string, report: DeathReport): ExpectedError {
	const {cause, advice, lastLines, logFile} = report;
	const message = [
		`${sentence(how)}${cause === undefined ? '' : ` ${sentence(cause)}`}`,
		...(lastLines.length === 0 ? ['It has written nothing.'] : ['Its last lines:', ...lastLines.map(indented)]),
		...(logFile === undefined ? [] : [`The whole log: ${logFile}`]),
	].join('\n');
	return new ExpectedError(message, {exitCode: exitCode.notStarted, ...(advice === undefined ? {} : {advice})});
}

/** The error of a program that cannot be run at all, exit 4; `where`: as in `LaunchPlace`. */
export function notRun({program, preset}: LaunchCommand, {code, message}: SpawnError, where: string): ExpectedError {
	const why = new Map([
		['ENOENT', 'there is no such file, or the interpreter that it names is missing'],
		['EACCES', 'it may not be executed'],
		['E2BIG', 'its arguments and environment are too long'],
		['EAGAIN', 'there may be no more processes'],
		['ENOMEM', 'there is not enough memory'],
	]).get(code);
	return new ExpectedError(`${program} cannot be run${where}: ${why ?? message}.`, {
		exitCode: exitCode.notStarted,
		advice: preset.install,
	});
}

function indented(line: string): string {
	return `  ${line}`;
}

function sentence(text: string): string {
	return /[.!?…]$/.test(text) ? text : `${text}.`;
}

/** `84 s`, `0.4 s`. */
export function seconds(ms: number): string {
	return `${ms < 9_950 ? (ms / 1000).toFixed(1) : Math.round(ms / 1000)} s`;
}
