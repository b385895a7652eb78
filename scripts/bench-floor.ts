/**
 * The floor of `npm run bench`: a bare-socket probe that only reads and scans. Connections are open and requests are
 * built before the clock starts; all sockets read into one buffer; one clock reading a read; `indexOf` for the text.
 * Nothing is recorded but the instants.
 */

import {Buffer} from 'node:buffer';
import {once} from 'node:events';
import net from 'node:net';
import {now} from '../source/clock.ts';
import {CpuWindow, peakBytes, readOrder, writeResult} from './bench-exchange.ts';

/** Begins each text of the timetable server, and nothing else in its answer. */
const text = Buffer.from('"delta":{"content":"');
/** How long after its planned end a stream is waited for, ms. */
const patienceMs = 10_000;

interface Stream {
	readonly requestId: string;
	readonly events: Float64Array;
	count: number;
	sentAt: number;
}

const order = readOrder();
const {hostname, port} = new URL(order.url);
const buffer = Buffer.allocUnsafeSlow(65_536);
let open = order.streams;
let ended: () => void = () => undefined;
const end = new Promise<void>((resolve) => {
	ended = resolve;
});

/** The same request as ours: the server's events are then the same, byte for byte. */
function requestOf(requestId: string): Buffer {
	const body = JSON.stringify({
		model: 'timetable',
		messages: [{role: 'user', content: 'Count.'}],
		max_tokens: order.tokens,
		stream: true,
		stream_options: {include_usage: true, continuous_usage_stats: true},
		min_tokens: order.tokens,
		ignore_eos: true,
	});
	return Buffer.from(
		`POST /v1/chat/completions HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncontent-type: application/json\r\nx-request-id: ${requestId}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
	);
}

async function connect(stream: Stream): Promise<net.Socket> {
	const callback = (size: number): boolean => {
		const at = now();
		const bytes = buffer.subarray(0, size);
		for (let place = bytes.indexOf(text); place >= 0; place = bytes.indexOf(text, place + text.length)) {
			stream.events[stream.count++] = at;
			if (stream.count === order.tokens && --open === 0) ended();
		}
		return true;
	};
	const socket = net.connect({host: hostname, port: Number(port), noDelay: true, onread: {buffer, callback}});
	await once(socket, 'connect');
	return socket;
}

const streams: Stream[] = Array.from({length: order.streams}, (_, index) => ({
	requestId: `floor-${index}`,
	events: new Float64Array(order.tokens),
	count: 0,
	sentAt: 0,
}));
const sockets = await Promise.all(streams.map(connect));
const requests = streams.map(({requestId}) => requestOf(requestId));
const cpu = new CpuWindow();
cpu.start(order);
for (const [index, stream] of streams.entries()) {
	sockets[index]?.write(requests[index] ?? '');
	stream.sentAt = now();
}
const patience = setTimeout(ended, order.toMs + patienceMs);
await end;
clearTimeout(patience);
for (const socket of sockets) socket.destroy();
await writeResult(order, {
	cpu: cpu.used,
	peakBytes: peakBytes(),
	instants: streams.map(({requestId, sentAt, events, count}) => ({
		requestId,
		sentAt,
		events: events.subarray(0, count),
	})),
});
