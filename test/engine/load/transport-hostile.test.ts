import {describe, expect, test} from 'vitest';
import {ExchangeLog, exchange, someRequest} from '../../support/exchange-log.ts';
import type {HostileAnswer} from '../../support/hostile-server.ts';
import {hostileAnswers, startHostileServer} from '../../support/hostile-server.ts';
import {startRawServer} from '../../support/raw-server.ts';
import {bothTransports, localEndpoint} from '../../support/transports.ts';

interface Expected {
	readonly status?: number;
	readonly body?: string;
	readonly ending: string;
	/** Part of the message of the net transport. */
	readonly message?: string;
	/** Where undici differs, and why; `never` when it waits for ever (a timeout above it ends that). */
	readonly undici?: {readonly status?: number; readonly body?: string; readonly ending: string; readonly why: string};
}

const event = 'data: {"choices":[{"delta":{"content":"hi"}}]}\n\n';

const table: Readonly<Record<Exclude<HostileAnswer, 'never-answers'>, Expected>> = {
	'closes-without-answer': {ending: 'truncated', message: 'without an answer'},
	'resets-without-answer': {ending: 'reset', message: 'the server reset the connection (ECONNRESET)'},
	'speaks-ssh': {ending: 'protocol', message: 'not an HTTP server: it said "Invalid SSH identification string."'},
	'answers-garbage': {ending: 'protocol', message: 'this is not an HTTP server'},
	'answers-tls-alert': {ending: 'protocol', message: 'try https://'},
	'cuts-the-head': {ending: 'truncated', message: 'within the headers'},
	'cuts-the-length': {status: 200, body: event, ending: 'truncated', message: '52 bytes before the end'},
	'cuts-a-chunk': {status: 200, body: `${event}data: {"cho`, ending: 'truncated', message: 'before the last chunk'},
	'cuts-between-chunks': {status: 200, body: event, ending: 'truncated', message: 'before the last chunk'},
	'cuts-the-last-chunk': {status: 200, body: event, ending: 'truncated', message: 'before the last chunk'},
	'cuts-without-framing': {status: 200, body: event.slice(0, 20), ending: 'end (close)'},
	'resets-in-a-chunk': {status: 200, body: `${event}data`, ending: 'reset', message: 'reset the connection'},
	'resets-without-framing': {
		status: 200,
		body: event,
		ending: 'reset',
		undici: {status: 200, body: event, ending: 'end (close)', why: 'a reset counts as the end of an unframed body'},
	},
	'splits-chunk-lines': {status: 200, body: event, ending: 'end'},
	'drips-byte-by-byte': {status: 200, body: event, ending: 'end'},
	'sends-one-large-event': {status: 200, body: `data: "${'x'.repeat(1_000_000)}"\n\n`, ending: 'end'},
	'ends-lines-with-lf': {
		status: 200,
		body: event,
		ending: 'end',
		undici: {ending: 'protocol', why: 'llhttp wants CR LF unless it is told to be lenient'},
	},
	'folds-headers': {
		status: 200,
		body: 'ok',
		ending: 'end',
		undici: {ending: 'protocol', why: 'llhttp refuses folded headers unless it is told to be lenient'},
	},
	'is-http-1.0': {status: 200, body: 'ok', ending: 'end (close)'},
	'has-no-content': {status: 204, ending: 'end'},
	'sends-trailers': {status: 200, body: 'ok', ending: 'end'},
	'says-hints-first': {status: 200, body: 'ok', ending: 'end'},
	'says-continue-first': {
		status: 200,
		body: 'ok',
		ending: 'end',
		undici: {ending: 'protocol', why: 'it takes a 100 that it did not ask for as a bad response'},
	},
	'switches-protocols': {ending: 'protocol', message: '101'},
	'says-length-twice': {ending: 'protocol', message: 'invalid or repeated content-length "2, 3"'},
	'says-length-and-chunked': {
		status: 200,
		body: 'okay',
		ending: 'end',
		undici: {ending: 'protocol', why: 'it refuses the two together instead of preferring the chunks'},
	},
	'says-negative-length': {ending: 'protocol', message: 'invalid or repeated content-length "-2"'},
	'breaks-a-header': {ending: 'protocol', message: 'malformed header "no colon here"'},
	'overflows-a-chunk-size': {status: 200, ending: 'protocol', message: 'invalid chunk size'},
	'has-no-chunk-size': {status: 200, body: 'ok', ending: 'protocol', message: 'invalid chunk size'},
	'lies-about-a-chunk': {status: 200, body: 'ok', ending: 'protocol', message: 'longer than its size says'},
	'never-ends-its-headers': {ending: 'protocol', message: 'headers of more than 65536 bytes'},
	'never-ends-its-hints': {ending: 'protocol', message: 'more than 8 interim answers'},
	'never-ends-a-chunk-line': {
		status: 200,
		ending: 'protocol',
		message: 'chunk-size line of more than 4096 bytes',
		undici: {ending: 'never', why: 'llhttp has no limit for chunk extensions, and skips them without keeping them'},
	},
	'never-ends-its-trailers': {
		status: 200,
		body: 'ok',
		ending: 'protocol',
		message: 'trailers of more than 65536 bytes',
	},
};

describe.each(bothTransports)('the $name transport, of a server that', ({name, create}) => {
	for (const answer of Object.keys(hostileAnswers) as HostileAnswer[]) {
		if (answer === 'never-answers') continue;
		const {message, undici, ...expected} = table[answer];
		const {why, ...wanted} = name === 'undici' && undici !== undefined ? undici : {why: '', ...expected};
		if (wanted.ending === 'never') continue;

		test(`${answer.replaceAll('-', ' ')}, says: ${wanted.ending}${why === '' ? '' : ` (${why})`}`, async () => {
			const server = await startHostileServer(answer);
			const transport = create(localEndpoint(server.port));
			await transport.open(1);
			const log = await exchange(transport);
			expect({
				...(log.status === undefined ? {} : {status: log.status}),
				...(log.received.length === 0 ? {} : {body: log.received.toString()}),
				ending: log.ending,
			}).toEqual(wanted);
			if (name === 'net' && message !== undefined) expect(log.failure?.message).toContain(message);
			expect(log.calls.filter((call) => call === 'end' || call === 'fail')).toHaveLength(1);
			transport.close();
			await server.close();
		});
	}

	test('never answers, waits until the request is aborted, and then says nothing more', async () => {
		const server = await startHostileServer('never-answers');
		const transport = create(localEndpoint(server.port));
		const log = new ExchangeLog();
		const aborted = transport.send(transport.prepare(someRequest), log);
		await expect.poll(() => server.requests.length).toBe(1);
		aborted.abort();
		aborted.abort();
		await expect.poll(() => server.open).toBe(0);
		await expect.poll(() => transport.connections).toBe(0);
		expect(log.calls).toEqual(['connected', 'sent']);
		transport.close();
		await server.close();
	});

	test('greets before it is asked, says: protocol', async () => {
		const server = await startRawServer({
			onConnection: (socket) => socket.write('SSH-2.0-OpenSSH_9.2p1\r\n'),
			onRequest: () => undefined,
		});
		const transport = create(localEndpoint(server.port));
		const log = await exchange(transport);
		expect(log.ending).toBe('protocol');
		if (name === 'net') {
			expect(log.failure?.message).toBe('this is not an HTTP server: it said "SSH-2.0-OpenSSH_9.2p1"');
		}
		transport.close();
		await server.close();
	});

	test('closes each connection as soon as it is open, says: truncated or reset', async () => {
		const server = await startRawServer({onConnection: (socket) => socket.end(), onRequest: () => undefined});
		const transport = create(localEndpoint(server.port));
		const log = await exchange(transport);
		expect(['truncated', 'reset']).toContain(log.ending);
		transport.close();
		await server.close();
	});
});
