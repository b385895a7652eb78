/**
 * Connects its standard input and output to a port of 127.0.0.1, its first argument: a ProxyCommand of ssh. With a second
 * and a third one, a delay each way in ms and a share of lost packets in percent, it is what TCP makes of such a line:
 * bytes come that much later, in their order, and all of them wait while a packet is sent again.
 */

import {connect} from 'node:net';
import {Transform} from 'node:stream';
import {uniform} from '../../source/engine/load/random.ts';

/** Of what travels in one packet. */
const packetBytes = 1_448;

const [port, delayMs = 0, lossPercent = 0] = process.argv.slice(2).map(Number);
const socket = connect(Number(port), '127.0.0.1');
socket.on('error', () => socket.destroy());
process.stdout.on('error', () => socket.destroy());
process.stdin.pipe(line(1)).pipe(socket).pipe(line(2)).pipe(process.stdout);

function line(seed: number): Transform {
	const chance = uniform(seed);
	const isLost = (bytes: number) => chance() > (1 - lossPercent / 100) ** Math.ceil(bytes / packetBytes);
	const waiting: {readonly bytes: Buffer; readonly dueAt: number}[] = [];
	let end: (() => void) | undefined;
	const deliver = (to: Transform) => {
		const [first] = waiting;
		if (first === undefined) return end?.();
		if (first.dueAt > performance.now()) return setTimeout(deliver, first.dueAt - performance.now(), to);
		waiting.shift();
		to.push(first.bytes);
		deliver(to);
	};
	return new Transform({
		transform(bytes: Buffer, _, done) {
			// Sent again once the receiver has told of those after it: a round trip later.
			const dueAt = performance.now() + delayMs + (isLost(bytes.length) ? 2 * delayMs : 0);
			waiting.push({bytes, dueAt: Math.max(dueAt, waiting.at(-1)?.dueAt ?? 0)});
			if (waiting.length === 1) deliver(this);
			done();
		},
		flush(done) {
			end = done;
			if (waiting.length === 0) done();
		},
	});
}
