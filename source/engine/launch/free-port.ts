/** A server is started only where nothing is: what is there is named and left alone. */

import {ExpectedError, exitCode} from '../../errors.ts';
import {createProbe} from '../control/probe.ts';
import {detectServer} from '../servers/index.ts';
import type {LaunchPlace} from './place.ts';
import {addressOf} from './port.ts';

type Headers = readonly (readonly [name: string, value: string])[];

/**
 * Throws `ExpectedError`, exit 4, when something answers at this URL of the place, or another llmtop starts a server
 * there.
 */
export async function requireFreePort(url: string, headers: Headers, place: LaunchPlace): Promise<void> {
	const {ports, where} = place;
	const address = addressOf(url);
	if (await ports.isOpen(address)) {
		const [what, holders] = await Promise.all([whatAnswers(url, headers, place), ports.listeners(address.port)]);
		const [holder] = holders;
		const who = holder === undefined ? '' : ` (process ${holder.pid}: ${shortened(holder.command)})`;
		throw new ExpectedError(`Port ${address.port}${where} is taken: ${what.name} is there${who}.`, {
			exitCode: exitCode.notStarted,
			advice: what.isServer
				? `To use it as it is: --url ${url}. To start another one: --set port=N.`
				: 'To start on another port: --set port=N.',
		});
	}
	const started = await ports.markedFor(address.port);
	if (started === undefined) return;
	throw new ExpectedError(
		`Port ${address.port}${where} is spoken for: a server that llmtop started for it is there (process ${started.pid}: ${shortened(started.command)}).`,
		{exitCode: exitCode.notStarted, advice: 'Wait for it to end, or start on another port: --set port=N.'},
	);
}

async function whatAnswers(
	url: string,
	headers: Headers,
	{way}: LaunchPlace,
): Promise<{name: string; isServer: boolean}> {
	const probe = createProbe({url, headers, insecure: true, ...(way === undefined ? {} : {way})});
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
