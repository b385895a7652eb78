import {Buffer} from 'node:buffer';
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {createEventScanner, longestEvent} from '../../../source/engine/load/event-scanner.ts';
import type {Framing} from '../../../source/engine/servers/server.ts';

interface Found {
	readonly events: readonly string[];
	readonly errors: readonly string[];
	readonly rest: string | undefined;
}

/** Feeds the body in slices, each of which is overwritten after the call. */
function scan(framing: Framing, slices: readonly Buffer[]): Found {
	const events: string[] = [];
	const errors: string[] = [];
	let rest: string | undefined;
	const scanner = createEventScanner(framing, {
		event: (bytes, start, end) => events.push(bytes.toString('utf8', start, end)),
		error: (bytes, start, end) => errors.push(bytes.toString('utf8', start, end)),
		rest: (bytes, start, end) => {
			rest = bytes.toString('utf8', start, end);
		},
	});
	for (const slice of slices) {
		const inside = Buffer.concat([Buffer.from('\n\ndata: x\n\n'), slice, Buffer.from('\r\n')]);
		expect(scanner.feed(inside, 11, 11 + slice.length)).toBe(true);
		inside.fill('~');
	}
	scanner.end();
	return {events, errors, rest};
}

function sse(body: string): Found {
	return scan('sse', [Buffer.from(body)]);
}

function cut(body: Buffer, places: readonly number[]): Buffer[] {
	const ends = [...new Set(places.map((place) => place % (body.length + 1)))].sort((one, other) => one - other);
	return [...ends, body.length].map((end, index) => body.subarray(index === 0 ? 0 : ends[index - 1], end));
}

describe('server-sent events', () => {
	test('an event is what stands after data:, with one blank or none', () => {
		expect(sse('data: one\n\ndata:two\n\ndata:  three\n\n').events).toEqual(['one', 'two', ' three']);
	});

	test('lines end with LF, CRLF or CR', () => {
		expect(sse('data: one\n\ndata: two\r\n\r\ndata: three\r\rdata: four\r\n\n').events).toEqual([
			'one',
			'two',
			'three',
			'four',
		]);
	});

	test('data of several lines is joined with line feeds', () => {
		expect(sse('data: one\ndata\ndata: two\n\n').events).toEqual(['one\n\ntwo']);
	});

	test('comments, other fields and events without data are skipped', () => {
		const body =
			': ping - 12:00\n\nevent: message\nid: 7\nretry: 10\ndatafield: no\ndata: yes\n\n\nevent: end\n\ndata:\n\n';
		expect(sse(body)).toEqual({events: ['yes'], errors: [], rest: undefined});
	});

	test('a byte order mark at the start is skipped', () => {
		expect(sse('\ufeffdata: one\n\ndata: \ufefftwo\n\n').events).toEqual(['one', '\ufefftwo']);
	});

	test('an error: line of an old llama.cpp is handed on', () => {
		expect(sse('data: one\n\nerror: {"code":500}\n\n')).toEqual({
			events: ['one'],
			errors: [' {"code":500}'],
			rest: undefined,
		});
	});

	test('what no blank line completed is handed on as the rest', () => {
		expect(sse('data: one\n\ndata: [DONE]')).toEqual({events: ['one'], errors: [], rest: '[DONE]'});
		expect(sse('data: one\n\ndata: [DONE]\n')).toEqual({events: ['one'], errors: [], rest: '[DONE]'});
		expect(sse('data: one\n\nda').rest).toBe(undefined);
	});

	test('comments and blank lines are not heard as an answer, everything else is', () => {
		const scanner = createEventScanner('sse', {event() {}, error() {}, rest() {}});
		const heard = (piece: string): boolean => {
			scanner.heard = false;
			const bytes = Buffer.from(piece);
			scanner.feed(bytes, 0, bytes.length);
			return scanner.heard;
		};
		expect([': ping\n\n', ': pi', 'ng\n', '\r\n', 'data: {"a', '":1}\n\n', 'event: x\n'].map(heard)).toEqual([
			false,
			false,
			false,
			false,
			true,
			true,
			true,
		]);
	});

	/** The standard's algorithm on the complete text. */
	function plainly(body: string): string[] {
		const events: string[] = [];
		let data: string[] = [];
		for (const line of body.split(/\r\n|\n|\r/).slice(0, -1)) {
			if (line === '') {
				if (data.join('\n') !== '') events.push(data.join('\n'));
				data = [];
			} else if (line === 'data' || line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''));
		}
		return events;
	}

	const line = fc.oneof(
		fc.constantFrom('', '', ': ping', 'data', 'data:', 'event: x', 'dat', ':', 'data: {"a": "b"}'),
		fc.string({unit: 'binary', maxLength: 40}).map((text) => `data: ${text.replace(/[\r\n]/g, '')}`),
		fc.string({unit: 'grapheme', maxLength: 40}).map((text) => `data:${text.replace(/[\r\n]/g, '')}`),
	);
	const body = fc
		.array(fc.tuple(line, fc.constantFrom('\n', '\r\n', '\r')), {maxLength: 40})
		.map((lines) => lines.map(([text, end]) => text + end).join(''));

	test('random streams give the same events whatever the split', () => {
		fc.assert(
			fc.property(body, fc.array(fc.nat(), {maxLength: 12}), (text, places) => {
				const bytes = Buffer.from(text);
				// A CR at the very end may be half of a CRLF: the standard's reader waits, and so the event is complete.
				const events = plainly(bytes.toString());
				expect(scan('sse', [bytes]).events).toEqual(events);
				expect(scan('sse', cut(bytes, places)).events).toEqual(events);
				expect(scan('sse', cut(bytes, [...bytes.keys()])).events).toEqual(events);
			}),
			{numRuns: 300},
		);
	});
});

describe('JSON lines', () => {
	test('each line that is not blank is an event; the last needs no line end', () => {
		expect(scan('ndjson', [Buffer.from('{"a":1}\n\n \r\n{"a":2}\r\n{"a":3}')])).toEqual({
			events: ['{"a":1}', '{"a":2}'],
			errors: [],
			rest: '{"a":3}',
		});
	});

	test('a byte order mark at the start is skipped', () => {
		expect(scan('ndjson', [Buffer.from('\ufeff{"a":1}\n')]).events).toEqual(['{"a":1}']);
	});

	test('random lines give the same events whatever the split', () => {
		fc.assert(
			fc.property(
				fc.array(fc.json({maxDepth: 2}), {maxLength: 20}),
				fc.array(fc.nat(), {maxLength: 12}),
				(lines, places) => {
					const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(''));
					expect(scan('ndjson', cut(bytes, places)).events).toEqual(lines);
					expect(scan('ndjson', cut(bytes, [...bytes.keys()])).events).toEqual(lines);
				},
			),
			{numRuns: 200},
		);
	});
});

test.each<Framing>(['sse', 'ndjson'])('an event of 1 MB is read, one without an end is given up (%s)', (framing) => {
	const text = 'x'.repeat(1_000_000);
	const before = framing === 'sse' ? 'data: ' : '';
	const after = framing === 'sse' ? '\n\n' : '\n';
	const slices = cut(
		Buffer.from(before + text + after),
		Array.from({length: 40}, (_, index) => index * 25_000),
	);
	expect(scan(framing, slices).events).toEqual([text]);
	const scanner = createEventScanner(framing, {event() {}, error() {}, rest() {}});
	const slice = Buffer.alloc(1_048_576, 'd');
	let fed = 0;
	while (scanner.feed(slice, 0, slice.length)) fed += slice.length;
	expect(fed).toBe(longestEvent);
});
