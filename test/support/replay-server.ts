/** Plays recorded exchanges back (test/fixtures/wire): byte for byte, each recorded read in a write of its own. */

import {Buffer} from 'node:buffer';
import {readdirSync, readFileSync} from 'node:fs';
import type net from 'node:net';
import type {RawServer} from './raw-server.ts';
import {startRawServer} from './raw-server.ts';

export interface Recording {
	/** Folder in test/fixtures/wire: the server that was recorded. */
	readonly folder: string;
	readonly name: string;
	readonly request: {readonly method: string; readonly path: string; readonly body: string};
	/** `close` by the server; `client-abort` and `timeout`: the server kept the connection open. */
	readonly ended: 'close' | 'client-abort' | 'timeout';
	/** What came in each read: status line, headers and chunk framing included. */
	readonly reads: readonly Buffer[];
}

const wireFolder = new URL('../fixtures/wire/', import.meta.url);

/** All recorded exchanges, by folder and name. */
export function allRecordings(): readonly Recording[] {
	const recordings: Recording[] = [];
	for (const folder of readdirSync(wireFolder).sort()) {
		for (const file of readdirSync(new URL(`${folder}/`, wireFolder)).sort()) {
			const document = JSON.parse(readFileSync(new URL(`${folder}/${file}`, wireFolder), 'utf8'));
			const reads = document.reads.map((read: {latin1: string}) => Buffer.from(read.latin1, 'latin1'));
			recordings.push({folder, name: document.name, request: document.request, ended: document.ended, reads});
		}
	}
	return recordings;
}

/**
 * Writes the pieces one by one, each in a turn of the event loop of its own, so that a client in this process reads
 * them one by one too; then does `last`.
 */
export function writePieces(socket: net.Socket, pieces: readonly Buffer[], last: () => void): void {
	let next = 0;
	const writeNext = (): void => {
		const piece = pieces[next++];
		if (socket.destroyed) return;
		if (piece === undefined) {
			last();
			return;
		}
		socket.write(piece);
		setImmediate(writeNext);
	};
	setImmediate(writeNext);
}

/** Answers every request with these pieces and then ends the connection, or leaves it open. */
export function startReplayServer(pieces: readonly Buffer[], ended: Recording['ended'] = 'close'): Promise<RawServer> {
	return startRawServer({
		onRequest: (socket) => {
			writePieces(socket, pieces, () => {
				if (ended === 'close') socket.end();
			});
		},
	});
}
