/** Whether this machine's clocks are good enough for what is measured with them. */

import {readFile} from 'node:fs/promises';
import type {Check} from './check.ts';

export interface ClockFacts {
	/** Smallest step of the monotonic clock that was seen, ns. */
	readonly stepNs: number;
	/** One reading, the quickest of several rounds, ns. */
	readonly readingNs: number;
	/** What Linux takes the time from (`tsc`, `hpet`); absent elsewhere. */
	readonly source?: string;
	/** The system's date, ms since 1970. */
	readonly dateMs: number;
}

const rounds = 5;
const readings = 2_000;

/** Takes a few milliseconds. */
export async function clockFacts(): Promise<ClockFacts> {
	let stepNs = Number.POSITIVE_INFINITY;
	let readingNs = Number.POSITIVE_INFINITY;
	for (let round = 0; round < rounds; round++) {
		const first = process.hrtime.bigint();
		let last = first;
		for (let reading = 0; reading < readings; reading++) {
			const here = process.hrtime.bigint();
			if (here > last) stepNs = Math.min(stepNs, Number(here - last));
			last = here;
		}
		readingNs = Math.min(readingNs, Number(last - first) / readings);
	}
	const folder = '/sys/devices/system/clocksource/clocksource0';
	const source = (await readFile(`${folder}/current_clocksource`, 'utf8').catch(() => '')).trim();
	return {stepNs, readingNs, ...(source === '' ? {} : {source}), dateMs: Date.now()};
}

/** Gaps between tokens are shown to 0.1 ms. */
const coarseNs = 100_000;
/** A reading without a system call takes some ten ns, one with it about a µs and more. */
const slowNs = 2_000;
/** Nobody had this program before. */
const firstDate = Date.UTC(2026, 0, 1);

export function judgeClock(facts: ClockFacts): readonly Check[] {
	return [judgeMonotonic(facts), judgeDate(facts.dateMs)];
}

function judgeMonotonic({stepNs, readingNs, source}: ClockFacts): Check {
	const from = source === undefined ? '' : ` (${source})`;
	const text = `Monotonic clock${from}: steps of ${micro(stepNs)} µs, ${micro(readingNs)} µs a reading.`;
	if (stepNs > coarseNs) {
		return {
			id: 'clock',
			state: 'note',
			text,
			advice: 'Too coarse for gaps between tokens: measure from another machine.',
		};
	}
	if (readingNs <= slowNs) return {id: 'clock', state: 'ok', text};
	return {
		id: 'clock',
		state: 'note',
		text,
		advice:
			source === undefined
				? 'Slow to read, and it is read for every piece of an answer: at many streams that costs.'
				: `Slow to read: ${source} is a fallback; \`dmesg\` says why the kernel gave up the processor's own counter.`,
	};
}

function judgeDate(dateMs: number): Check {
	const date = new Date(dateMs).toISOString().slice(0, 19).replace('T', ' ');
	const text = `System date ${date} UTC: names sessions, times nothing.`;
	if (dateMs >= firstDate) return {id: 'date', state: 'ok', text};
	return {
		id: 'date',
		state: 'note',
		text,
		advice: 'It is in the past: set it, or sessions sort wrongly and TLS fails.',
	};
}

function micro(ns: number): string {
	return (ns / 1_000).toLocaleString('en-US', {maximumFractionDigits: 2});
}
