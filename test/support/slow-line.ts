/**
 * Connects its standard input and output to a port of 127.0.0.1, as a ProxyCommand of ssh does, over a line that carries
 * so many bytes a second each way and no more, and is a little long. What waits for it waits in front of it, as in the
 * buffer of a modem. Arguments: port, bytes a second, delay each way in ms.
 */

import {connect} from 'node:net';
import type {Readable, Writable} from 'node:stream';
import {setTimeout as pause} from 'node:timers/promises';

const packetBytes = 1_400;
/** Shorter pauses are made up for with the next. */
const leastPauseMs = 2;

const [port = 0, bytesPerSecond = 0, delayMs = 0] = process.argv.slice(2).map(Number);
const socket = connect(port, '127.0.0.1');
socket.on('close', () => process.stdin.destroy());
process.stdout.on('error', () => socket.destroy());
await Promise.all([carry(process.stdin, socket), carry(socket, process.stdout)]);

async function carry(from: Readable, to: Writable): Promise<void> {
	let freeAt = performance.now();
	try {
		for await (const chunk of from) {
			const bytes: Buffer = chunk;
			for (let start = 0; start < bytes.length; start += packetBytes) {
				const packet = bytes.subarray(start, start + packetBytes);
				freeAt = Math.max(freeAt, performance.now()) + (packet.length * 1000) / bytesPerSecond;
				const ms = freeAt - performance.now();
				if (ms > leastPauseMs) await pause(ms);
				setTimeout(() => to.write(packet), delayMs);
			}
		}
	} catch {
		// The other end has left.
	}
	socket.destroy();
}
