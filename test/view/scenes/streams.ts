/** Moments of streams for the tests of the table and of one stream's page, the same at every call. */

import type {Snapshot, StreamDetail, StreamRow} from '../../../source/snapshot.ts';

/** A number from 0 to 1 that looks random and depends on `seed` alone. */
function noise(seed: number): number {
	const value = Math.sin(seed * 12.9898) * 43758.5453;
	return value - Math.floor(value);
}

/** Longest gaps of the last seconds: about 25 ms, now and then a stall, nothing where the stream had no two tokens. */
function gaps(stream: number, ageMs: number): (number | undefined)[] {
	const silent = 60 - Math.min(60, Math.floor(ageMs / 1000));
	return Array.from({length: 60}, (_, second) => {
		const chance = noise(stream * 60 + second);
		if (second < silent - 2) return 20 + 6 * chance;
		if (second < silent) return undefined;
		return chance > 0.985 || (stream === 6 && second === 56) ? 112 : 20 + 24 * chance ** 3;
	});
}

export function decoding(stream: number): StreamRow {
	const rate = 45.5 + 4 * noise(stream);
	const ageMs = 2000 + 34_000 * noise(stream + 40);
	const gapsMs = gaps(stream, ageMs);
	const own = gapsMs.slice(60 - Math.floor(ageMs / 1000)).filter((gap) => gap !== undefined);
	return {
		stream,
		state: 'decode',
		tokens: Math.round((rate * ageMs) / 1000),
		estimated: stream % 3 === 0,
		tokensPerSecond: rate,
		meanTokensPerSecond: rate - 1 + noise(stream + 7),
		ttftMs: 110 + 280 * noise(stream + 80),
		worstGapMs: Math.max(...own),
		ageMs,
		gapsMs,
	};
}

/** One of a thousand and more that were sent in the same instant 79 s ago, to a server that has its hands full. */
export function crowded(stream: number): StreamRow {
	const ttftMs = 760 + 9200 * noise(stream + 80) ** 1.45;
	const rate = 11 + 4 * noise(stream);
	const first = Math.ceil(ttftMs / 1000);
	const gapsMs = Array.from({length: 60}, (_, second) => {
		if (second + 19 < first) return undefined;
		const chance = noise(stream * 60 + second);
		return chance > 0.995 ? 300 + 400 * noise(second) : 80 + 70 * chance ** 3;
	});
	return {
		stream,
		state: 'decode',
		tokens: Math.round((rate * (79_000 - ttftMs)) / 1000),
		estimated: true,
		tokensPerSecond: rate,
		meanTokensPerSecond: rate - 0.5 + noise(stream + 7),
		ttftMs,
		worstGapMs: Math.max(...gapsMs.filter((gap) => gap !== undefined)),
		ageMs: 79_000,
		gapsMs,
	};
}

/** The same when it has ended, some time before. */
export function crowdedDone(stream: number): StreamRow {
	const {estimated: _, tokensPerSecond: __, ttftMs = 0, meanTokensPerSecond = 0, ...row} = crowded(stream);
	const ageMs = 30_000 + 45_000 * noise(stream + 40);
	const tokens = Math.round((meanTokensPerSecond * (ageMs - ttftMs)) / 1000);
	return {...row, state: 'done', estimated: false, tokens, tokensPerSecond: 0, meanTokensPerSecond, ttftMs, ageMs};
}

const reasons = ['http-5xx: 503 the model is loading', 'reset: the server closed the connection after 812 tokens'];

/** 32 streams: most decode, some wait, some have failed, one is done. */
function mixed(stream: number): StreamRow {
	if (stream === 4 || stream === 17) return {stream, state: 'prefill', estimated: false, ageMs: 4300};
	if (stream === 8) return {...decoding(stream), state: 'done', estimated: false, tokensPerSecond: 0};
	if (stream === 10 || stream === 21) {
		const detail = reasons[stream % 2] ?? '';
		if (stream === 10) return {stream, state: 'failed', estimated: false, ageMs: 3100, detail};
		return {stream, state: 'failed', tokens: 812, estimated: false, ttftMs: 137, ageMs: 17_300, detail};
	}
	return decoding(stream);
}

export function snapshotOf(streams: readonly StreamRow[], detail?: StreamDetail): Snapshot {
	return {
		atMs: 84_000,
		phase: 'running',
		target: {url: 'http://127.0.0.1:8000', engine: 'vllm'},
		workload: 'long-text',
		plan: {mode: 'closed', levels: [streams.length], repeat: 1},
		levelIndex: 0,
		finished: [],
		streams,
		...(detail === undefined ? {} : {detail}),
		notes: [],
	};
}

export const mixedStreams = snapshotOf(Array.from({length: 32}, (_, stream) => mixed(stream)));

/** A thousand and more, as a burst has them. */
export const manyStreams = snapshotOf(
	Array.from({length: 1024}, (_, stream): StreamRow => {
		if (stream > 990) return {stream, state: 'queued', estimated: false, ageMs: 79_000};
		return crowded(stream);
	}),
);

const seven = decoding(6);
const sevenAgeMs = seven.ageMs ?? 0;

/** Stream 7 since it was looked at: its events come in ones and twos, with one stall; the last came 9 ms ago. */
export const detailOfSeven: StreamDetail = {
	stream: 6,
	index: 118,
	dispatchedMs: -0.02,
	headersMs: 3.2,
	...(seven.ttftMs === undefined ? {} : {firstTokenMs: seven.ttftMs}),
	lastTokenMs: sevenAgeMs - 9,
	events: Array.from({length: 380}, (_, place) => ({
		atMs: sevenAgeMs - 9 - (379 - place) * 21.1 - (place < 220 ? 91 : 0),
		...(place === 0 ? {} : {gapMs: place === 220 ? 112 : 18 + 8 * noise(place)}),
		tokens: noise(place + 900) > 0.9 ? 2 : 1,
	})),
	text: [
		'The history of artificial intelligence is often told as a sequence of springs and winters. In the spring of 1956, ',
		'a small group met at Dartmouth College.\n\n',
		'模型用中文写了一行,宽字符占两列。 emoji: 🙂👍🏽 and a family 👨‍👩‍👧.\n',
		'שורה בעברית, מימין לשמאל.\n',
		'\u001b[31mred\u001b[0m is not obeyed,\tand neither is a bell\u0007. Then came expert systems: rules that people wrote',
		' down one by one, until nobody knew any more which of them',
	].join(''),
};
