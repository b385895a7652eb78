/** This machine, as a place for servers. */

import {once} from 'node:events';
import {readFile} from 'node:fs/promises';
import {createServer} from 'node:net';
import {totalmem} from 'node:os';
import {roleVariable} from '../role.ts';
import {readEnviron} from './environ.ts';
import {startGuarded} from './guarded-process.ts';
import {localPrograms} from './local-programs.ts';
import type {LaunchPlace, Ports} from './place.ts';
import {isPortOpen, listeners} from './port.ts';
import {markedForPort} from './process-tree.ts';

/** Servers get this environment, and what is added to it. */
export function localPlace(environment: NodeJS.ProcessEnv): LaunchPlace {
	return {
		where: '',
		inherited: environment,
		memoryBytes: totalmem(),
		programs: localPrograms(environment),
		ports: localPorts,
		start: (order) => startGuarded({...order, environment: serverEnvironment(environment, order.environment)}),
	};
}

export const localPorts: Ports = {
	isOpen: isPortOpen,
	listeners,
	markedFor: markedForPort,
	async freeAfter({host, port}, tried) {
		for (let other = port + 1; other <= Math.min(65_535, port + tried); other++) {
			if (await canListen(host, other)) return other;
		}
		return undefined;
	},
	async environmentOn(port) {
		for (const {pid} of await listeners(port)) {
			const text = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
			if (text !== '') return readEnviron(text);
		}
		return undefined;
	},
};

/** Whether a server may have this port: nobody listens there, and no connection goes out from it. */
async function canListen(host: string, port: number): Promise<boolean> {
	const server = createServer();
	try {
		await once(server.listen(port, host), 'listening');
		return true;
	} catch {
		return false;
	} finally {
		server.close();
	}
}

/** All that the server gets: ours, then what is added; nothing of how this program starts its own parts. */
function serverEnvironment(
	ours: NodeJS.ProcessEnv,
	added: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
	const environment: Record<string, string> = {};
	for (const [name, value] of Object.entries({...ours, ...added})) {
		if (value !== undefined && name !== roleVariable) environment[name] = value;
	}
	return environment;
}
