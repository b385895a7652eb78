/** `npm run bench -- --long [--view]`: whether the memory of a long run stays where it is. */

import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as wait} from 'node:timers/promises';
import {decimal, integer} from '../source/format.ts';
import {type Bench, loadFlags, start, timetable, withFolder} from './bench-measure.ts';

export interface MemoryResult {
	readonly streams: number;
	readonly seconds: number;
	/** Resident set, MB, one a second. */
	readonly residentMb: readonly number[];
	/** Of a straight line through the samples after the first tenth, MB a minute. */
	readonly slopeMbPerMinute: number;
	readonly peakMb: number;
}

/** Flat: no more than this, MB a minute. */
export const flat = 1;
/** Length of an answer, s: as in the other runs, streams begin new ones all the time. */
const answerSeconds = 10;

export async function measureMemory(
	bench: Bench,
	{streams, seconds, view}: {readonly streams: number; readonly seconds: number; readonly view: boolean},
): Promise<MemoryResult> {
	const client = view ? 'view' : 'ours';
	const residentMb: number[] = [];
	await withFolder(async (folder) => {
		const ended = new AbortController();
		const tokens = (answerSeconds * 1000) / timetable.gapMs;
		const order = {
			url: bench.url,
			streams,
			tokens,
			fromMs: 0,
			toMs: seconds * 1000,
			keepInstants: false,
			view,
			flags: [
				...loadFlags(bench, client, folder),
				...['--concurrency', `${streams}`, '--duration', `${seconds}s`, '--max-tokens', `${tokens}`],
			],
			resultFile: join(folder, 'result.json'),
		};
		let sampling: Promise<void> | undefined;
		await start(bench, client, order, seconds * 1000 + 60_000, (pid) => {
			sampling = sample(pid, residentMb, ended.signal);
		});
		ended.abort();
		await sampling;
	});
	// Before the first request and after the last there is another program to look at.
	const steady = residentMb.slice(Math.ceil(seconds / 10), seconds);
	return {streams, seconds, residentMb, slopeMbPerMinute: slope(steady) * 60, peakMb: Math.max(...residentMb)};
}

async function sample(pid: number, into: number[], signal: AbortSignal): Promise<void> {
	while (!signal.aborted) {
		const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
		const kib = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1];
		if (kib !== undefined) into.push((Number(kib) * 1024) / 1e6);
		await wait(1000, undefined, {signal}).catch(() => undefined);
	}
}

/** Least squares, by the sample. */
function slope(values: readonly number[]): number {
	const meanPlace = (values.length - 1) / 2;
	const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
	let above = 0;
	let below = 0;
	for (const [place, value] of values.entries()) {
		above += (place - meanPlace) * (value - mean);
		below += (place - meanPlace) ** 2;
	}
	return above / below;
}

export function memoryLines({streams, seconds, residentMb, slopeMbPerMinute, peakMb}: MemoryResult): string {
	const every = Math.max(1, Math.round(residentMb.length / 10));
	const shown = residentMb.filter((_, second) => second % every === 0).map((mb) => integer(mb));
	return [
		`${integer(streams)} streams × 20 tokens/s for ${integer(seconds)} s: resident ${shown.join(' ')} MB, peak ${integer(peakMb)} MB`,
		`${slopeMbPerMinute <= flat ? 'PASS' : 'over'}  ${decimal(slopeMbPerMinute, 2)} of ${flat} MB a minute`,
	].join('\n');
}
