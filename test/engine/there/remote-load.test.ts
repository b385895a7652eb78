import {gzipSync} from 'node:zlib';
import {describe, expect, test} from 'vitest';
import {hostFacts} from '../../../source/engine/host/host-facts.ts';
import {orderOf, type Told, toldLine} from '../../../source/engine/there/messages.ts';
import {type ProcessEnd, RemoteLoad} from '../../../source/engine/there/remote-load.ts';
import {SnapshotWriter} from '../../../source/engine/there/snapshot-frames.ts';
import type {Snapshot} from '../../../source/snapshot.ts';

const host = hostFacts();
const snapshot: Snapshot = {
	atMs: 1_000,
	phase: 'running',
	target: {url: 'http://127.0.0.1:8000', engine: 'vllm'},
	workload: 'long-text',
	plan: {mode: 'closed', levels: [1], repeat: 1},
	levelIndex: 0,
	finished: [],
	streams: [],
	notes: ['one'],
};

/** A load whose program is the test itself. */
function heard() {
	const output: ((text: string) => void)[] = [];
	const errors: ((text: string) => void)[] = [];
	const {promise: ended, resolve: end} = Promise.withResolvers<ProcessEnd>();
	const written: string[] = [];
	const documents: Promise<string>[] = [];
	const lines: string[] = [];
	const load = new RemoteLoad({
		process: {
			onOutput: (listener) => output.push(listener),
			onErrors: (listener) => errors.push(listener),
			write: (line) => written.push(line),
			ended,
		},
		begin: {argv: ['--concurrency=1'], isFollowed: true, everyMs: 250},
		onDocument: (document, content) => {
			documents.push(
				(async () => {
					let text = `${document}: `;
					for await (const bytes of content) text += Buffer.from(bytes).toString();
					return text;
				})(),
			);
			documents.at(-1)?.catch(() => undefined);
		},
		onNotSaved: (document, {message}) => lines.push(`${document} not saved: ${message}`),
		onLine: (line) => lines.push(line),
	});
	return {
		load,
		end,
		documents,
		lines,
		orders: () => written.map(orderOf),
		say: (text: string) => output[0]?.(text),
		warn: (text: string) => errors[0]?.(text),
		tell: (...told: readonly Told[]) => output[0]?.(told.map((one) => `${toldLine(one)}\n`).join('')),
	};
}

const ok: ProcessEnd = {code: 0, signal: null};

describe('a load on another machine', () => {
	test('is begun, is known as it tells of itself, and hears that it was heard', async () => {
		const {load, end, tell, orders} = heard();
		expect([load.snapshot, load.host]).toEqual([undefined, undefined]);
		tell({tells: 'hello', version: '1', host}, {tells: 'snapshot', frame: new SnapshotWriter().write(snapshot)});
		await load.first;
		expect(load.snapshot).toEqual(snapshot);
		expect(load.host).toEqual(host);
		expect(orders()).toEqual([
			{order: 'begin', argv: ['--concurrency=1'], isFollowed: true, everyMs: 250},
			{order: 'seen'},
		]);
		tell({tells: 'end', code: 6});
		end(ok);
		expect(await load.ended).toEqual({process: ok, said: {code: 6}});
	});

	test('is read whatever pieces its words come in, and whatever else stands between them', async () => {
		const {load, end, say, warn, lines} = heard();
		const text = `${toldLine({tells: 'snapshot', frame: new SnapshotWriter().write(snapshot)})}\n`;
		say('(node:1) Warning\n');
		for (const letter of text) say(letter);
		warn('Recognised vLLM.\nllmtop: ');
		warn('a warning\n');
		expect(load.snapshot).toEqual(snapshot);
		expect(lines).toEqual(['Recognised vLLM.', 'llmtop: a warning']);
		end(ok);
		expect(await load.ended).toEqual({process: ok});
	});

	test('brings its documents, each whole', async () => {
		const {load, end, tell, documents, lines} = heard();
		const failure = {message: 'the disk is full', exitCode: 5, isBug: false};
		for (const [document, text] of [
			[1, 'first'],
			[0, 'the session'],
		] as const) {
			const packed = gzipSync(text);
			tell({tells: 'document', document}, {tells: 'part', bytes: packed.subarray(0, 7)});
			tell({tells: 'part', bytes: packed.subarray(7)}, {tells: 'documentEnd'});
		}
		tell({tells: 'notSaved', document: 2, failure}, {tells: 'end', code: 0});
		end(ok);
		await load.ended;
		expect(await Promise.all(documents)).toEqual(['1: first', '0: the session']);
		expect(lines).toEqual(['2 not saved: the disk is full']);
	});

	test('that ends within a document says so to whoever reads it', async () => {
		const {load, end, tell, documents} = heard();
		tell({tells: 'document', document: 0}, {tells: 'part', bytes: gzipSync('the session').subarray(0, 12)});
		end({code: null, signal: 'SIGKILL'});
		await load.ended;
		await expect(documents[0]).rejects.toThrow('the rest of it did not come');
	});

	test('that ends before it has told anything is not waited for', async () => {
		const {load, end} = heard();
		end({code: null, signal: null, unseen: true});
		await load.first;
		expect(load.snapshot).toBeUndefined();
		expect(await load.ended).toEqual({process: {code: null, signal: null, unseen: true}});
	});

	test('that tells what cannot be is ended, and that is an error', async () => {
		const {load, end, tell, orders} = heard();
		tell({tells: 'snapshot', frame: 'nonsense'}, {tells: 'end', code: 0});
		expect(orders().at(-1)).toEqual({order: 'stop'});
		end(ok);
		await expect(load.ended).rejects.toThrow('what cannot be read');
	});
});
