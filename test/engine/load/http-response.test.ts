import {Buffer} from 'node:buffer';
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {HttpResponseReader} from '../../../source/engine/load/http-response.ts';
import {transportLimits} from '../../../source/engine/load/transport.ts';
import {ExchangeLog} from '../../support/exchange-log.ts';
import {readWholeResponse} from '../../support/plain-response.ts';
import {allRecordings} from '../../support/replay-server.ts';

/** Used for every read, as in the transport: what was read before is overwritten. */
const readBuffer = Buffer.alloc(1_000_000);

/** What came out of a reader that was fed these pieces, and then the end of the connection. */
function readPieces(pieces: readonly Buffer[], log = new ExchangeLog()) {
	const reader = new HttpResponseReader();
	reader.begin(log);
	let progress = 'more';
	for (const [index, piece] of pieces.entries()) {
		if (progress !== 'more') break;
		piece.copy(readBuffer, 3);
		progress = reader.feed(index, readBuffer, 3, 3 + piece.length, index);
	}
	if (progress === 'more') progress = reader.finish();
	if (progress === 'ended') log.end(0, reader.closeDelimited);
	if (progress === 'failed') log.fail(0, reader.failure);
	return {
		status: log.status,
		headers: [...log.headers],
		body: log.received.toString('latin1'),
		ending: log.ending,
		...(log.failure === undefined ? {} : {message: log.failure.message}),
		reusable: reader.reusable,
	};
}

const readText = (text: string) => readPieces([Buffer.from(text, 'latin1')]);

/** Cuts at every position that is `offset` modulo `size`. */
function cutEvery(bytes: Buffer, size: number, offset: number): Buffer[] {
	const pieces = offset === 0 ? [] : [bytes.subarray(0, offset)];
	for (let start = offset; start < bytes.length; start += size) pieces.push(bytes.subarray(start, start + size));
	return pieces;
}

const ok = 'HTTP/1.1 200 OK\r\n';
const chunked = `${ok}Transfer-Encoding: chunked\r\n\r\n`;

describe('the recorded exchanges', () => {
	for (const recording of allRecordings()) {
		test(`${recording.folder}/${recording.name} reads the same however it is cut`, () => {
			const bytes = Buffer.concat(recording.reads);
			const plain = readWholeResponse(bytes);
			const whole = readPieces(recording.reads);
			const endings = {complete: 'end', 'until-close': 'end (close)', cut: 'truncated'};
			expect({status: whole.status, headers: whole.headers, body: whole.body, ending: whole.ending}).toEqual({
				status: plain?.status,
				headers: plain?.headers ?? [],
				body: plain?.body.toString('latin1') ?? '',
				ending: plain === undefined ? 'truncated' : endings[plain.ending],
			});
			// Every byte position is a cut in one of these: two reads for short ones, many for long ones.
			if (bytes.length <= 3_000) {
				for (let cut = 1; cut < bytes.length; cut++) {
					expect(readPieces([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(whole);
				}
			}
			for (let offset = 0; offset < 16; offset++) expect(readPieces(cutEvery(bytes, 16, offset))).toEqual(whole);
			expect(readPieces(cutEvery(bytes, 1, 0))).toEqual(whole);
		});
	}

	test('a recorded stream cut short anywhere is truncated, with the bytes that came', () => {
		const recording = allRecordings().find(({folder, name}) => folder === 'vllm' && name === 'chat-stream-usage');
		const bytes = Buffer.concat(recording?.reads ?? []);
		expect(bytes.length).toBeGreaterThan(1_000);
		const whole = readPieces([bytes]);
		for (let length = 0; length < bytes.length; length++) {
			const short = readPieces([bytes.subarray(0, length)]);
			expect(short.ending).toBe('truncated');
			expect(whole.body.startsWith(short.body)).toBe(true);
		}
	});
});

describe('the body', () => {
	test('has the length that Content-Length says, and what comes behind it makes the connection unusable', () => {
		expect(readText(`${ok}Content-Length: 5\r\n\r\nhello`)).toEqual({
			status: 200,
			headers: [['content-length', '5']],
			body: 'hello',
			ending: 'end',
			reusable: true,
		});
		expect(readText(`${ok}Content-Length: 5\r\n\r\nhello!`)).toMatchObject({body: 'hello', reusable: false});
		expect(readText(`${ok}Content-Length: 0\r\n\r\n`)).toMatchObject({body: '', ending: 'end', reusable: true});
		expect(readText(`${ok}Content-Length: 6\r\n\r\nhello`)).toMatchObject({
			body: 'hello',
			ending: 'truncated',
			message: 'the server closed the connection 1 bytes before the end of the answer',
		});
	});

	test('is empty with 204 and 304, whatever the headers say', () => {
		for (const status of ['204 No Content', '304 Not Modified']) {
			expect(readText(`HTTP/1.1 ${status}\r\nContent-Length: 9\r\n\r\n`)).toMatchObject({body: '', ending: 'end'});
		}
	});

	test('goes on to the end of the connection when nothing says its length', () => {
		expect(readText(`${ok}\r\nhello`)).toMatchObject({body: 'hello', ending: 'end (close)', reusable: false});
		expect(readText('HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n')).toMatchObject({ending: 'end (close)'});
	});

	test('comes in chunks: sizes in any case and padded, extensions, trailers, bare line feeds', () => {
		const end = {body: 'hello world', ending: 'end', reusable: true};
		expect(readText(`${chunked}B\r\nhello world\r\n0\r\n\r\n`)).toMatchObject(end);
		expect(readText(`${chunked}b\r\nhello world\r\n0\r\n\r\n`)).toMatchObject(end);
		expect(readText(`${chunked}000b  \r\nhello world\r\n00\r\n\r\n`)).toMatchObject(end);
		expect(readText(`${chunked}5;a=b;c="d"\r\nhello\r\n6 ;x\r\n world\r\n0;last\r\n\r\n`)).toMatchObject(end);
		expect(readText(`${chunked}b\r\nhello world\r\n0\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n`)).toMatchObject(end);
		expect(readText(`${chunked}b\nhello world\n0\nX-Sum: 1\n\n`)).toMatchObject(end);
		expect(readText(`${chunked}b\r\nhello world\r\n0\r\n\r\nHTTP/1.1 200 OK`)).toMatchObject({...end, reusable: false});
	});

	test('in chunks wins over Content-Length, and the connection is not used again', () => {
		const text = `${ok}Content-Length: 3\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`;
		expect(readText(text)).toMatchObject({body: 'hello', ending: 'end', reusable: false});
	});

	test('without its last chunk is truncated', () => {
		for (const text of ['5\r\nhel', '5\r\nhello', '5\r\nhello\r\n', '5\r\nhello\r\n0\r\n', '5', '5;x']) {
			expect(readText(chunked + text)).toMatchObject({ending: 'truncated'});
		}
	});

	test('with an invalid chunk is a protocol failure, after what came before it', () => {
		const bad: Record<string, string> = {
			'\r\n': 'invalid chunk size at ""',
			'xyz\r\n': 'invalid chunk size at "xyz"',
			'-5\r\nhello': 'invalid chunk size at "-5 hello"',
			'5 5\r\nhello': 'invalid chunk size at "5 hello"',
			'5\rhello': 'invalid chunk size at "hello"',
			';x\r\n': 'invalid chunk size at ";x"',
			'20000000000000\r\n': 'invalid chunk size at "0"',
			'fffffffffffffffff\r\n': 'invalid chunk size at "ffff"',
			'5\r\nhello!\r\n': 'a chunk is longer than its size says',
			'5\r\nhello\r\r\n': 'a chunk is longer than its size says',
		};
		for (const [text, message] of Object.entries(bad)) {
			expect(readText(`${chunked}2\r\nok\r\n${text}`)).toMatchObject({ending: 'protocol', message});
		}
	});

	test('is handed on as places in the read buffer, in the read in which it came', () => {
		const calls: (readonly [string, number])[] = [];
		const log = new ExchangeLog();
		log.body = (_at, bytes, start, end, read) => calls.push([bytes.toString('latin1', start, end), read]);
		const pieces = [chunked, '5\r\nhello\r\n1\r\n \r\n', '5\r\nwo', 'rld\r\n0\r\n\r\n'];
		readPieces(
			pieces.map((text) => Buffer.from(text)),
			log,
		);
		expect(calls).toEqual([
			['hello', 1],
			[' ', 1],
			['wo', 2],
			['rld', 3],
		]);
	});
});

describe('the head', () => {
	test('has its names in lower case, repeated headers joined and folded ones unfolded', () => {
		const text = `${ok}X-A: 1\r\nx-a:2\r\nX-Fold: a\r\n\t  b\r\n c\r\nEmpty:\r\nContent-Length: 0\r\n\r\n`;
		expect(readText(text)).toMatchObject({
			headers: [
				['x-a', '1, 2'],
				['x-fold', 'a b c'],
				['empty', ''],
				['content-length', '0'],
			],
			ending: 'end',
		});
	});

	test('may end its lines with a bare line feed, lack a reason and follow empty lines', () => {
		expect(readText('\r\n\nHTTP/1.1 200\nContent-Length: 2\n\nok')).toMatchObject({
			status: 200,
			body: 'ok',
			ending: 'end',
		});
	});

	test('may come after interim answers, eight at most', () => {
		const interim = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n';
		const final = `${ok}Content-Length: 2\r\n\r\nok`;
		expect(readText(interim.repeat(4) + final)).toMatchObject({
			status: 200,
			headers: [['content-length', '2']],
			body: 'ok',
			ending: 'end',
		});
		expect(readText(`${interim.repeat(4)}${interim}${final}`)).toMatchObject({
			status: undefined,
			ending: 'protocol',
			message: 'more than 8 interim answers (1xx)',
		});
	});

	test('says whether the connection stays open', () => {
		const reusable = (head: string) => readText(`${head}Content-Length: 0\r\n\r\n`).reusable;
		expect(reusable(ok)).toBe(true);
		expect(reusable(`${ok}Connection: keep-alive\r\n`)).toBe(true);
		expect(reusable(`${ok}Connection: Close\r\n`)).toBe(false);
		expect(reusable(`${ok}Connection: upgrade, close\r\n`)).toBe(false);
		expect(reusable('HTTP/1.0 200 OK\r\n')).toBe(false);
		expect(reusable('HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n')).toBe(true);
	});

	test('that is malformed is a protocol failure with the place in its message', () => {
		const bad: Record<string, string> = {
			'SSH-2.0-OpenSSH_9.2p1 Debian\r\n': 'this is not an HTTP server: it said "SSH-2.0-OpenSSH_9.2p1 Debian"',
			'\x1b[31mhi\x07\x00': 'this is not an HTTP server: it said "hi"',
			'\x15\x03\x01\x00\x02\x02F': 'this is not an HTTP server: it answered with a TLS alert; try https://',
			'http/1.1 200 OK\r\n\r\n': 'this is not an HTTP server: it said "http/1.1 200 OK"',
			'HTTP/2 200\r\n\r\n': 'malformed status line "HTTP/2 200"',
			'HTTP/1.1 20 OK\r\n\r\n': 'malformed status line "HTTP/1.1 20 OK"',
			'HTTP/1.1 099 OK\r\n\r\n': 'malformed status line "HTTP/1.1 099 OK"',
			'HTTP/1.1 101 Switching Protocols\r\n\r\n': 'the server switched protocols (101), which was not asked for',
			[`${ok}no colon\r\n\r\n`]: 'malformed header "no colon"',
			[`${ok}: value\r\n\r\n`]: 'malformed header ": value"',
			[`${ok}Space : x\r\n\r\n`]: 'malformed header "Space : x"',
			[`${ok} folded: nothing\r\n\r\n`]: 'malformed header "folded: nothing"',
			[`${ok}X: a\x00b\r\n\r\n`]: 'control character in header "X: a b"',
			[`${ok}X: a\rb\r\n\r\n`]: 'control character in header "X: a b"',
			[`${ok}Content-Length: -1\r\n\r\n`]: 'invalid or repeated content-length "-1"',
			[`${ok}Content-Length: 5x\r\n\r\nhello`]: 'invalid or repeated content-length "5x"',
			[`${ok}Content-Length: 99999999999999999999\r\n\r\n`]:
				'invalid or repeated content-length "99999999999999999999"',
			[`${ok}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`]: 'invalid or repeated content-length "5, 6"',
			[`${ok}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`]: 'invalid or repeated content-length "5, 5"',
			[`${ok}Transfer-Encoding: gzip, chunked\r\n\r\n`]: 'transfer-encoding "gzip, chunked" was not asked for',
		};
		for (const [text, message] of Object.entries(bad)) {
			expect(readText(text)).toMatchObject({status: undefined, ending: 'protocol', message});
		}
	});

	test('that is cut off is truncated', () => {
		expect(readText('')).toMatchObject({message: 'the server closed the connection without an answer'});
		expect(readText('HTTP/1.1 200 OK\r\nConte')).toMatchObject({
			message: 'the server closed the connection within the headers of the answer',
		});
	});
});

describe('what a hostile server can make us keep', () => {
	test('is limited: headers, chunk lines and trailers that do not end are protocol failures', () => {
		const endless = (start: string, line: string): Buffer[] => [
			Buffer.from(start),
			...Array.from({length: 2 * transportLimits.headBytes}, () => Buffer.from(line)),
		];
		const limited = (start: string, line: string) => {
			const {ending, message} = readPieces(endless(start, line));
			return {ending, message};
		};
		expect(limited(ok, 'X: y\r\n')).toEqual({ending: 'protocol', message: 'headers of more than 65536 bytes'});
		expect(limited(`${ok}X: `, 'yyyyyyyy')).toEqual({ending: 'protocol', message: 'headers of more than 65536 bytes'});
		expect(limited(chunked, '0')).toEqual({
			ending: 'protocol',
			message: 'a chunk-size line of more than 4096 bytes',
		});
		expect(limited(`${chunked}5;`, 'x')).toEqual({
			ending: 'protocol',
			message: 'a chunk-size line of more than 4096 bytes',
		});
		expect(limited(`${chunked}5`, ' ')).toEqual({
			ending: 'protocol',
			message: 'a chunk-size line of more than 4096 bytes',
		});
		expect(limited(`${chunked}0\r\n`, 'X: y\r\n')).toEqual({
			ending: 'protocol',
			message: 'trailers of more than 65536 bytes',
		});
	});
});

describe('a handler', () => {
	test('that stops the reader is not called any more', () => {
		const text = `${chunked}5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n`;
		for (const last of ['head', 'body'] as const) {
			const reader = new HttpResponseReader();
			const log = new ExchangeLog();
			log.onCall = () => {
				if (log.calls.at(-1) === last) reader.stop();
			};
			reader.begin(log);
			expect(reader.feed(0, Buffer.from(text), 0, text.length, 1)).toBe('more');
			expect(reader.finish()).toBe('more');
			expect(log.calls).toEqual(last === 'head' ? ['head'] : ['head', 'body']);
			expect(log.received.toString()).toBe(last === 'head' ? '' : 'hello');
		}
	});

	test('can use the same reader for the next response', () => {
		const reader = new HttpResponseReader();
		const answers: string[] = [];
		for (const text of [`${chunked}2\r\nok\r\n0\r\n\r\n`, `${ok}Content-Length: 4\r\n\r\nnext`, `${ok}\r\nlast`]) {
			const log = new ExchangeLog();
			reader.begin(log);
			expect(reader.untouched).toBe(true);
			reader.feed(0, Buffer.from(text), 0, text.length, 1);
			expect(reader.untouched).toBe(false);
			answers.push(log.received.toString());
		}
		expect(answers).toEqual(['ok', 'next', 'last']);
	});
});

test('random bodies in random chunks cut at random places come out as they went in', () => {
	const chunk = fc.record({
		payload: fc.uint8Array({minLength: 1, maxLength: 300}),
		extension: fc.constantFrom('', ' ', ';a', ';a="b;c"'),
		lineEnd: fc.constantFrom('\r\n', '\n'),
		upperCase: fc.boolean(),
	});
	const cuts = fc.array(fc.integer({min: 1, max: 400}), {maxLength: 40});
	fc.assert(
		fc.property(fc.array(chunk, {maxLength: 20}), cuts, fc.constantFrom('', 'X-T: 1\r\n'), (chunks, sizes, trailer) => {
			const parts = [Buffer.from(chunked)];
			for (const {payload, extension, lineEnd, upperCase} of chunks) {
				const hex = payload.length.toString(16);
				const size = upperCase ? hex.toUpperCase() : hex;
				parts.push(Buffer.from(size + extension + lineEnd), Buffer.from(payload), Buffer.from(lineEnd));
			}
			const bytes = Buffer.concat([...parts, Buffer.from(`0\r\n${trailer}\r\n`)]);
			const pieces: Buffer[] = [];
			let start = 0;
			for (const size of sizes) {
				pieces.push(bytes.subarray(start, start + size));
				start += size;
			}
			pieces.push(bytes.subarray(start));
			expect(readPieces(pieces)).toEqual({
				status: 200,
				headers: [['transfer-encoding', 'chunked']],
				body: Buffer.concat(chunks.map(({payload}) => payload)).toString('latin1'),
				ending: 'end',
				reusable: true,
			});
		}),
		{numRuns: 300},
	);
});

test('random bytes never make it throw, and it says once at most how they ended', () => {
	const pieces = fc.array(
		fc.oneof(
			fc.uint8Array({maxLength: 40}).map((bytes) => Buffer.from(bytes)),
			fc
				.constantFrom(
					ok,
					chunked,
					'\r\n',
					'\n',
					'5\r\n',
					'0\r\n',
					'Content-Length: 4\r\n',
					'HTTP/1.1 100 \r\n\r\n',
					': ',
				)
				.map((text) => Buffer.from(text)),
		),
		{maxLength: 12},
	);
	fc.assert(
		fc.property(pieces, (parts) => {
			const whole = readPieces([Buffer.concat(parts)]);
			expect(['end', 'end (close)', 'truncated', 'protocol']).toContain(whole.ending);
			const {message: _, reusable: _reusable, ...inPieces} = readPieces(parts);
			expect(whole).toMatchObject(inPieces);
		}),
		{numRuns: 1_000},
	);
});
