/** The figures of the server's own counters, and what they say beside ours. */

import {decimal, integer, missing, percent} from '../format.ts';
import type {Quantiles, ServerPoint, ServerReading, Snapshot} from '../snapshot.ts';
import {figure} from './figures.ts';
import type {Style} from './line.ts';
import {fillStyle, warningSign} from './meter.ts';

/** Older than this its counters are stale, or older than two and a half intervals where they are asked for seldom. */
const staleMs = 5000;

export function isServerStale({ageMs, intervalMs = 1000}: ServerReading): boolean {
	return ageMs > Math.max(staleMs, 2.5 * intervalMs);
}

export interface Counter {
	readonly name: string;
	/** Its name where room is short. */
	readonly short: string;
	/** `-` when the server does not tell it. */
	readonly value: string;
	readonly unit: string;
	/** 0 to 1, for a bar; absent for counts and rates. */
	readonly ratio?: number | undefined;
	/** A sign beside the value that says what its colour says; else empty. */
	readonly sign: string;
	readonly style: Style;
	/** Its value in each second, where it is kept. */
	readonly series?: readonly (number | undefined)[];
	/** The value of a full column of its sparkline, where that does not depend on the values. */
	readonly end?: number;
}

/** All counters that a server may tell, the most important first. */
export function countersOf(server: ServerReading): Counter[] {
	const series = (value: (point: ServerPoint) => number | undefined) =>
		server.series.map((point) => (point === undefined ? undefined : value(point)));
	const isFull = fillStyle(server.kvCacheUsage) === 'bad';
	return [
		{
			name: 'KV cache',
			short: 'KV',
			value: percent(server.kvCacheUsage),
			unit: '',
			ratio: server.kvCacheUsage,
			...marked(isFull, 'bad'),
			series: series((point) => point.kvCacheUsage),
			end: 1,
		},
		{
			name: 'running',
			short: 'running',
			value: integer(server.running),
			unit: '',
			...fine,
			series: series((point) => point.running),
		},
		{
			name: 'waiting',
			short: 'waiting',
			value: integer(server.waiting),
			unit: '',
			...marked(isWaiting(server), 'warn'),
			series: series((point) => point.waiting),
		},
		{name: 'prefix hits', short: 'prefix hits', value: percent(server.prefixCacheHitRatio), unit: '', ...fine},
		{
			name: 'preempted',
			short: 'preempted',
			value: integer(server.preemptions),
			unit: '',
			...marked((server.preemptions ?? 0) > 0, 'warn'),
		},
		{name: 'prompt', short: 'prompt', value: figure(server.promptTokensPerSecond), unit: 'tok/s', ...fine},
		{
			name: 'generated',
			short: 'generated',
			value: figure(server.generationTokensPerSecond),
			unit: 'tok/s',
			...fine,
			series: series((point) => point.generationTokensPerSecond),
		},
		...told(server.requestsPerSecond, {name: 'finished', short: 'finished', value: figure, unit: 'req/s'}),
		...told(server.draftAcceptance, {name: 'draft accept', short: 'draft acceptance', value: percent, unit: ''}),
	];
}

/** A counter that few servers have: it is not there where it is not told. */
function told(
	value: number | undefined,
	{value: text, ...counter}: Pick<Counter, 'name' | 'short' | 'unit'> & {readonly value: (value: number) => string},
): Counter[] {
	return value === undefined ? [] : [{...counter, value: text(value), ...fine}];
}

const fine = {sign: '', style: 'strong'} as const;

function marked(isWarning: boolean, style: Style): Pick<Counter, 'sign' | 'style'> {
	return isWarning ? {sign: warningSign, style} : fine;
}

/** Requests wait for a place in the batch. */
export function isWaiting(part: {readonly waiting?: number} | undefined): boolean {
	return (part?.waiting ?? 0) > 0;
}

/** Whether the server tells anything at all that the pane can show. */
export function tellsAnything(server: ServerReading): boolean {
	return (
		countersOf(server).some((counter) => counter.value !== missing) ||
		[server.ttftMs, server.gapMs, server.queueMs].some(isTold) ||
		server.facts.length > 0 ||
		(server.notes?.length ?? 0) > 0 ||
		(server.parts?.length ?? 0) > 0 ||
		server.down !== undefined
	);
}

/** Whether it tells figures, or has told some: not words alone. */
export function tellsFigures(server: ServerReading): boolean {
	return (
		countersOf(server).some(({value, series}) => value !== missing || series?.some((past) => past !== undefined)) ||
		[server.ttftMs, server.gapMs, server.queueMs].some(isTold)
	);
}

export function isTold(quantiles: Quantiles | undefined): boolean {
	return quantiles !== undefined && Object.values(quantiles).some((value) => value !== undefined);
}

/**
 * What the server's median TTFT and ours say together, in at most `width` columns where a shorter form can do that;
 * absent when one of the two is not known. Ours can be the smaller one: the server's is of all its clients and of the
 * last seconds, read from buckets.
 */
export function ttftSentence({server, level}: Snapshot, width: number): string | undefined {
	const inside = server?.ttftMs?.p50;
	const here = level?.ttftMs.p50;
	if (inside === undefined || here === undefined) return undefined;
	// With as many digits as the larger one has, so that the difference is right as it is read.
	const size = Math.max(Math.abs(inside), Math.abs(here));
	const digits = size >= 100 ? 0 : size >= 10 ? 1 : 2;
	const shown = (value: number) => decimal(value, digits);
	const difference = Number(here.toFixed(digits)) - Number(inside.toFixed(digits));
	const both = `TTFT p50 ${shown(inside)} ms inside, ${shown(here)} here`;
	if (difference < 0) return `${both}: over other seconds`;
	const long = `${both}: ${difference === 0 ? 'nothing' : `${shown(difference)} ms`} outside the engine`;
	return long.length <= width ? long : `${both}, ${shown(difference)} outside`;
}
