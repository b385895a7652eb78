/** `llmtop selftest`: up to how many streams this machine's measurements can be believed. */

import {availableParallelism} from 'node:os';
import {type Accuracy, measureAccuracy} from '../engine/accuracy.ts';
import {startSimulator} from '../engine/simulator/start.ts';
import {type ExitCode, exitCode} from '../errors.ts';
import {decimal, integer} from '../format.ts';
import {print} from './console.ts';

const defaultStreams = [1, 32, 256, 1_000];
/** The timetable of metrics.md: first token after 50 ms, then one every 10 ms, 100 tokens. */
const timetable = {firstMs: 50, gapMs: 10, tokens: 100};

/** What a level must keep to be believed; the first two are what the tools of the field are beaten by (peers.md). */
const believed = {ttftErrorMeanMs: 8, ttftErrorP99Ms: 25, gapErrorMeanMs: 0.05, gapErrorP99Ms: 3} as const;
/** A server that is later than this with its own events has not kept its timetable, ms. */
const serverLateMs = 2;

export async function runSelftest(options: {
	readonly streams?: readonly number[];
	readonly json: boolean;
}): Promise<ExitCode> {
	const levels = options.streams ?? defaultStreams;
	const server = await startSimulator({mode: 'timetable', firstMs: timetable.firstMs, gapMs: timetable.gapMs});
	const results: Accuracy[] = [];
	try {
		if (!options.json) await print([heading()]);
		for (const streams of levels) {
			const workers = Math.max(1, Math.min(availableParallelism() - 1, Math.ceil(streams / 256)));
			const result = await measureAccuracy({
				url: server.url,
				streams,
				tokens: timetable.tokens,
				transport: 'net',
				workers,
			});
			results.push(result);
			if (!options.json) await print([row(result)]);
		}
	} finally {
		await server.stop();
	}
	if (options.json) await print([`${JSON.stringify({timetable, levels: results}, null, 1)}\n`]);
	else await print([`\n${sentences(results).join('\n')}\n`]);
	return exitCode.ok;
}

const columns = [
	['streams', 7],
	['held', 6],
	['tokens/s', 9],
	['TTFT error', 11],
	['p99', 7],
	['gap error', 10],
	['p99', 7],
	['max', 7],
	['σ', 6],
	['σ server', 9],
	['µs/token', 9],
	['server late', 12],
] as const;

function heading(): string {
	const what = `First token ${timetable.firstMs} ms after the request, then one every ${timetable.gapMs} ms, ${timetable.tokens} tokens; all in ms: ours − really sent.`;
	return `${what}\n\n${line(columns.map(([title]) => title))}`;
}

function row(result: Accuracy): string {
	const {ttftError, gaps, serverGaps} = result;
	return line([
		integer(result.streams),
		integer(result.held),
		integer(result.eventsPerSecond),
		decimal(ttftError.mean, 2),
		decimal(ttftError.p99, 2),
		decimal(gaps.mean - serverGaps.mean, 3),
		decimal(gaps.p99 - serverGaps.p99, 2),
		decimal(gaps.max - serverGaps.max, 2),
		decimal(gaps.stddev, 2),
		decimal(serverGaps.stddev, 2),
		decimal(result.cpuUsPerToken, 1),
		decimal(result.serverLatenessP99, 2),
	]);
}

function line(cells: readonly string[]): string {
	return `${cells.map((cell, place) => cell.padStart(columns[place]?.[1] ?? 0)).join('')}\n`;
}

/** Of the TTFT error only what is ours counts: how long the embedded server left a request unread is its own doing. */
function isBelieved({firstLag, gaps, serverGaps, failed, held, streams}: Accuracy): boolean {
	return (
		failed === 0 &&
		held === streams &&
		Math.abs(firstLag.mean) <= believed.ttftErrorMeanMs &&
		firstLag.p99 <= believed.ttftErrorP99Ms &&
		Math.abs(gaps.mean - serverGaps.mean) <= believed.gapErrorMeanMs &&
		Math.abs(gaps.p99 - serverGaps.p99) <= believed.gapErrorP99Ms
	);
}

function sentences(results: readonly Accuracy[]): string[] {
	const firstBad = results.findIndex((result) => !isBelieved(result));
	const good = results.slice(0, firstBad === -1 ? results.length : firstBad).at(-1);
	const said: string[] = [];
	if (good === undefined)
		said.push('This machine cannot be believed at any of these levels: something else keeps it busy.');
	else {
		const {streams, eventsPerSecond, firstLag, gaps, serverGaps} = good;
		const beyond = firstBad === -1 ? '; more was not tried' : '';
		said.push(
			`This machine can be believed up to ${integer(streams)} streams and ${integer(eventsPerSecond)} tokens/s: first tokens seen within ${decimal(firstLag.p99, 1)} ms (p99), gaps within ${decimal(Math.abs(gaps.p99 - serverGaps.p99), 1)} ms at p99${beyond}.`,
		);
	}
	for (const {streams, unread} of results) {
		if (unread.mean <= serverLateMs) continue;
		said.push(
			`At ${integer(streams)} streams ${decimal(unread.mean, 1)} ms of the TTFT error passed before the embedded server read the requests.`,
		);
	}
	for (const {streams, serverLatenessP99} of results) {
		if (serverLatenessP99 === undefined || serverLatenessP99 <= serverLateMs) continue;
		said.push(
			`At ${integer(streams)} streams the embedded server itself was late: ${decimal(serverLatenessP99, 1)} ms at p99. The errors above are against what it really sent.`,
		);
	}
	return said;
}
