/** Asks a timetable server what it really did. */

import {request} from 'undici';
import {isObject, numberIn} from './json.ts';
import type {LatenessReport, StampedRequest, StampReport} from './stamps.ts';

async function ask(url: string, method: 'GET' | 'POST', path: string): Promise<Readonly<Record<string, unknown>>> {
	const answer = await request(`${url}${path}`, {method});
	const value: unknown = await answer.body.json();
	if (answer.statusCode !== 200 || !isObject(value)) throw new Error(`${path} answered ${answer.statusCode}.`);
	return value;
}

function stampedRequest(value: unknown): StampedRequest[] {
	if (!isObject(value) || typeof value.requestId !== 'string' || !Array.isArray(value.eventsUs)) return [];
	const eventsUs = value.eventsUs.filter((us) => typeof us === 'number');
	return [{requestId: value.requestId, receivedAt: numberIn(value, 'receivedAt') ?? 0, eventsUs}];
}

/** The instants of every write since the start or the last reset. */
export async function readStamps(url: string): Promise<StampReport> {
	const value = await ask(url, 'GET', '/timetable/stamps');
	return {
		firstMs: numberIn(value, 'firstMs') ?? 0,
		gapMs: numberIn(value, 'gapMs') ?? 0,
		requests: Array.isArray(value.requests) ? value.requests.flatMap(stampedRequest) : [],
		notKept: numberIn(value, 'notKept') ?? 0,
	};
}

/** How late the server was, and what it cost, since its start or the last reset. */
export async function readLateness(url: string): Promise<LatenessReport> {
	const value = await ask(url, 'GET', '/timetable/lateness');
	const optional = (name: 'meanMs' | 'p50Ms' | 'p99Ms' | 'maxMs') => {
		const number = numberIn(value, name);
		return number === undefined ? {} : {[name]: number};
	};
	return {
		events: numberIn(value, 'events') ?? 0,
		...optional('meanMs'),
		...optional('p50Ms'),
		...optional('p99Ms'),
		...optional('maxMs'),
		cpuUserMs: numberIn(value, 'cpuUserMs') ?? 0,
		cpuSystemMs: numberIn(value, 'cpuSystemMs') ?? 0,
	};
}

/** Forgets stamps, lateness and CPU time so far. */
export async function resetTimetable(url: string): Promise<void> {
	await ask(url, 'POST', '/timetable/reset');
}
