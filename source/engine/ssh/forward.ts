/** Ports of this machine that lead to the other one. */

import {createServer} from 'node:net';
import {execa} from 'execa';
import {type SshProgram, throughSocket} from './ssh-program.ts';

export interface Remote {
	/** As the other machine names it: `127.0.0.1`, `::1`, another machine that it reaches. */
	readonly host: string;
	readonly port: number;
}

/**
 * Below the ports that systems give to outgoing connections (Linux from 32768, others from 49152): while a forward is
 * down none of those may take its place, nor can a connection to it meet itself.
 */
const lowestPort = 20_000;
const highestPort = 32_767;
const attempts = 20;
const answerMs = 10_000;
/** The master cannot listen on this port. */
const isTaken = /Port forwarding failed/;

/** All forwards of a connection, over the masters that it has one after the other. */
export class Forwards {
	readonly #ssh: SshProgram;
	readonly #remotes = new Map<number, Remote>();

	constructor(ssh: SshProgram) {
		this.#ssh = ssh;
	}

	/** The port of 127.0.0.1 that leads there now. A text: why there is none. */
	async open(socket: string, remote: Remote): Promise<number | string> {
		let trouble = 'no port of this machine is free';
		for (let attempt = 0; attempt < attempts; attempt++) {
			const port = lowestPort + Math.floor(Math.random() * (highestPort - lowestPort + 1));
			if (!(await isFree(port))) continue;
			const why = await this.#ask(socket, port, remote);
			if (why === undefined) {
				this.#remotes.set(port, remote);
				return port;
			}
			trouble = why;
			// Somebody else was quicker; all else would be the same with another port.
			if (!isTaken.test(why)) break;
		}
		return trouble;
	}

	/** All of them through another master. A text: why that cannot be. */
	async restore(socket: string): Promise<string | undefined> {
		for (const [port, remote] of this.#remotes) {
			const trouble = await this.#ask(socket, port, remote);
			if (trouble !== undefined) return isTaken.test(trouble) ? `Port ${port} of this machine is taken.` : trouble;
		}
		return undefined;
	}

	/** Absent: it is done. A text: why it is not. */
	async #ask(socket: string, port: number, remote: Remote): Promise<string | undefined> {
		const host = remote.host.includes(':') ? `[${remote.host}]` : remote.host;
		const argv = ['-O', 'forward', '-L', `127.0.0.1:${port}:${host}:${remote.port}`, '--', 'shared'];
		const {exitCode, stderr} = await execa(this.#ssh.file, [...throughSocket(socket), ...argv], {
			env: this.#ssh.environment,
			extendEnv: false,
			stdin: 'ignore',
			reject: false,
			timeout: answerMs,
			// Ctrl-C is for us.
			detached: true,
		});
		return exitCode === 0 ? undefined : stderr.trim() || 'ssh did not answer';
	}
}

function isFree(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const server = createServer();
		server.once('error', () => resolve(false));
		server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
	});
}
