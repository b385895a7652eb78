/** A server is started only where nothing is: what is there is named and left alone. */

import {ExpectedError, exitCode} from '../../errors.ts';
import {createProbe} from '../control/probe.ts';
import {detectServer} from '../servers/index.ts';
import {addressOf, isPortOpen, listeners} from './port.ts';
import {markedForPort} from './process-tree.ts';

type Headers = readonly (readonly [name: string, value: string])[];

/** Throws `ExpectedError`, exit 4, when something answers at this URL, or another llmtop starts a server there. */
export async function requireFreePort(url: string, headers: Headers): Promise<void> {
	const address = addressOf(url);
	if (await isPortOpen(address)) {
		const [what, holders] = await Promise.all([whatAnswers(url, headers), listeners(address.port)]);
		const [holder] = holders;
		const who = holder === undefined ? '' : ` (process ${holder.pid}: ${shortened(holder.command)})`;
		throw new ExpectedError(`Port ${address.port} is taken: ${what.name} is there${who}.`, {
			exitCode: exitCode.notStarted,
			advice: what.isServer
				? `To use it as it is: --url ${url}. To start another one: --set port=N.`
				: 'To start on another port: --set port=N.',
		});
	}
	const started = await markedForPort(address.port);
	if (started === undefined) return;
	throw new ExpectedError(
		`Port ${address.port} is spoken for: a server that llmtop started for it is there (process ${started.pid}: ${shortened(started.command)}).`,
		{exitCode: exitCode.notStarted, advice: 'Wait for it to end, or start on another port: --set port=N.'},
	);
}

async function whatAnswers(url: string, headers: Headers): Promise<{name: string; isServer: boolean}> {
	const probe = createProbe({url, headers, insecure: true});
	try {
		const detected = await detectServer(probe.get);
		if (detected === undefined) return {name: 'something that is no inference server', isServer: false};
		const {adapter, facts} = detected;
		const version = facts.engineVersion === undefined ? '' : ` ${facts.engineVersion}`;
		const models = facts.models.length === 0 ? '' : ` with ${facts.models.map(({name}) => name).join(', ')}`;
		return {name: `${adapter.title}${version}${models}`, isServer: true};
	} finally {
		await probe.close();
	}
}

const shownLength = 120;

function shortened(command: string): string {
	return command.length > shownLength ? `${command.slice(0, shownLength)}…` : command;
}
