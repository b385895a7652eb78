/**
 * What reading an event costs, without a socket: `node test/engine/load/event-reading.bench.ts`. Prints ns an event, the
 * best of many rounds, for the scanner alone, with the templates, with JSON.parse instead, and for the whole reader.
 */

import {Buffer} from 'node:buffer';
import {EventReader} from '../../../source/engine/load/event-reader.ts';
import {createEventScanner, type EventHandler} from '../../../source/engine/load/event-scanner.ts';
import {ResponseReader} from '../../../source/engine/load/response-reader.ts';
import {findServer} from '../../../source/engine/servers/index.ts';
import {type Dialect, emptyMeaning} from '../../../source/engine/servers/server.ts';

const events = 100;
const rounds = 40;
const passes = 100;

const vllmEvent = (count: number) =>
	`data: {"id":"chatcmpl-89fcaa7ab2dbb88d","object":"chat.completion.chunk","created":1795308726,"model":"tiny","choices":[{"index":0,"delta":{"content":" patent"},"logprobs":null,"finish_reason":null,"token_ids":null}],"usage":{"prompt_tokens":22,"total_tokens":${22 + count},"completion_tokens":${count},"completion_tokens_details":null}}\n\n`;
const llamaEvent = (count: number) =>
	`data: {"choices":[{"finish_reason":null,"index":0,"delta":{"content":" each"}}],"created":1795310164,"id":"chatcmpl-NdfMByt6EXdeLhRLNLcc2tYJGSfuCXqJ","model":"tiny","system_fingerprint":"b0-0c1e57098","object":"chat.completion.chunk","timings":{"cache_n":4,"prompt_n":1208,"prompt_ms":662.966,"prompt_per_token_ms":0.5488129139072848,"prompt_per_second":1822.1145579109636,"predicted_n":${count},"predicted_ms":${count * 1.5},"predicted_per_token_ms":1.5,"predicted_per_second":666.6666666666666}}\n\n`;
const ollamaEvent = (count: number) =>
	`{"model":"tiny","created_at":"2026-11-22T01:08:48.${824_889_510 + count}Z","message":{"role":"assistant","content":" word"},"done":false}\n`;

function time(name: string, pass: () => void): void {
	for (let warm = 0; warm < 500; warm++) pass();
	let best = Number.POSITIVE_INFINITY;
	for (let round = 0; round < rounds; round++) {
		const start = process.hrtime.bigint();
		for (let count = 0; count < passes; count++) pass();
		best = Math.min(best, Number(process.hrtime.bigint() - start) / passes / events);
	}
	console.log(`${name.padEnd(40)} ${best.toFixed(0).padStart(6)} ns`);
}

function measure(title: string, dialect: Dialect, event: (count: number) => string): void {
	const parts = Array.from({length: events}, (_, index) => Buffer.from(event(index + 1)));
	const bytes = Buffer.concat(parts);
	const ends: number[] = [];
	for (const part of parts) ends.push((ends.at(-1) ?? 0) + part.length);
	console.log(`\n${title}, ${parts[0]?.length} bytes`);
	const feed = (handler: EventHandler) => {
		const scanner = createEventScanner(dialect.framing, handler);
		return () => {
			let start = 0;
			for (const end of ends) {
				scanner.feed(bytes, start, end);
				start = end;
			}
		};
	};
	const nothing = {error() {}, rest() {}};
	time('scanner', feed({event() {}, ...nothing}));
	const meaning = emptyMeaning();
	const reader = new EventReader(dialect);
	const into = {meaning, keepText: false};
	time(
		'scanner + template',
		feed({event: (slice, start, end) => void reader.read(slice, start, end, into), ...nothing}),
	);
	const parse = (slice: Buffer, start: number, end: number) =>
		dialect.interpret(JSON.parse(slice.toString('utf8', start, end)), meaning);
	time('scanner + JSON.parse + interpret', feed({event: parse, ...nothing}));
	const sink = {tokens() {}, correction() {}, gap() {}, itl() {}, sharedRead() {}};
	const headers = new Map<string, string>();
	for (const keepText of [false, true]) {
		const whole = new ResponseReader({dialect, streamed: true, keepText, sink});
		time(`whole reader${keepText ? ', text kept' : ''}`, () => {
			let at = 1_000.25;
			let start = 0;
			whole.begin(1_000_000);
			whole.sent(at);
			whole.head(at, 200, headers);
			for (const [read, end] of ends.entries()) {
				at += 0.37;
				whole.body(at, bytes, start, end, read);
				start = end;
			}
			whole.end(at, false);
		});
	}
}

const cases: readonly [title: string, engine: string, api: string, event: (count: number) => string][] = [
	['vLLM chat with running usage', 'vllm', 'chat', vllmEvent],
	['llama-server chat with running timings', 'llama-server', 'chat', llamaEvent],
	['Ollama /api/chat', 'ollama', 'native-chat', ollamaEvent],
];
for (const [title, engine, api, event] of cases) {
	const dialect = findServer(engine)?.apis[api];
	if (dialect !== undefined) measure(title, dialect, event);
}
