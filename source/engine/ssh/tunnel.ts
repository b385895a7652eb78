/** Ports of this machine that lead to servers as another machine sees them, through the SSH connection to it. */

import {setTimeout as pause} from 'node:timers/promises';
import {now} from '../../clock.ts';
import {nothingListens} from '../control/probe.ts';
import {type Dialled, NoWayError, namesItself, type Way} from '../way.ts';
import type {SshConnection} from './connection.ts';
import type {BoxSocket} from './linux-listing.ts';

export interface TunnelOptions {
	readonly connection: Pick<SshConnection, 'name' | 'state' | 'refusal' | 'forward' | 'roundTrips'>;
	/** What listens on the machine; absent while that is not known. */
	readonly sockets: () => readonly BoxSocket[] | undefined;
}

/** A round trip that takes longer than a server's answer may. */
const silentMs = 3_000;
/** From the end of a connection through it until ssh has told that all have ended. */
const tellMs = 500;
const lookMs = 20;
/** sshd's words when its configuration does not allow forwarding. */
const isForbidden = /prohibited|disabled/;

export class Tunnel implements Way {
	readonly #options: TunnelOptions;
	/** The ports that lead there, by host and port; they last as long as the connection, and come back with it. */
	readonly #forwards = new Map<string, Promise<number>>();

	constructor(options: TunnelOptions) {
		this.#options = options;
	}

	/** As the other machine names it; there is a way also where nothing listens. */
	async dial(hostname: string, port: number): Promise<Dialled> {
		const {connection} = this.#options;
		if (connection.state.kind === 'down') throw noConnection(connection.name, connection.state.why);
		const key = `${hostname} ${port}`;
		const forward = this.#forwards.get(key) ?? connection.forward({host: hostname, port});
		this.#forwards.set(key, forward);
		try {
			return {hostname: '127.0.0.1', port: await forward};
		} catch (error) {
			if (this.#forwards.get(key) === forward) this.#forwards.delete(key);
			throw new NoWayError('EHOSTDOWN', clause(error));
		}
	}

	async whyClosed(hostname: string, port: number): Promise<NoWayError | undefined> {
		const until = now() + tellMs;
		for (;;) {
			const why = this.#whyClosed(hostname, port);
			if (why !== undefined || now() > until) return why;
			await pause(lookMs);
		}
	}

	#whyClosed(hostname: string, port: number): NoWayError | undefined {
		const {connection, sockets} = this.#options;
		const {state, name, refusal} = connection;
		if (state.kind === 'down') return noConnection(name, state.why);
		if (refusal !== undefined && isForbidden.test(refusal)) {
			return new NoWayError('EHOSTDOWN', `the sshd of ${name} lets nothing through (${refusal})`);
		}
		const isKnown = namesItself(hostname) && sockets() !== undefined;
		const isThere = isKnown ? listensInside(sockets() ?? [], port) : refusal === undefined;
		return isThere ? undefined : new NoWayError('ECONNREFUSED', nothingListens);
	}

	whySilent(): NoWayError | undefined {
		const {name, roundTrips} = this.#options.connection;
		// ssh itself gives a dead connection up after 15 s.
		if (now() - (roundTrips.sentAt ?? now()) < silentMs) return undefined;
		return new NoWayError('EHOSTDOWN', `the connection to ${name} does not answer`);
	}
}

/** Whether the machine itself reaches something at this port. */
export function listensInside(sockets: readonly BoxSocket[], port: number): boolean {
	return sockets.some((socket) => socket.port === port && socket.host !== undefined);
}

export function noConnection(name: string, why: string): NoWayError {
	return new NoWayError('EHOSTDOWN', `no connection to ${name} (${why.replace(/\.$/, '')})`);
}

/** A sentence as a clause. */
function clause(error: unknown): string {
	return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
}
