/** `llmtop doctor --ssh HOST`: what is on another machine, and how good the way to it is. */

import {once} from 'node:events';
import {connect} from 'node:net';
import {now} from '../clock.ts';
import type {Destination} from '../config.ts';
import {wellKnownPorts} from '../engine/find-server.ts';
import {judgeBox, judgeBoxEngines, judgeBoxWay, judgeForwarding, judgeSshOptions} from '../engine/host/doctor/box.ts';
import type {Check} from '../engine/host/doctor/check.ts';
import {gpuFactsOf, judgeGpus} from '../engine/host/doctor/gpus.ts';
import {judgeServers, type ServersFacts, serversFacts} from '../engine/host/doctor/servers.ts';
import {Box} from '../engine/ssh/box.ts';
import {PathMeter} from '../engine/ssh/path-meter.ts';
import {boxFacts} from '../engine/ssh/remote-machine.ts';
import {sshOptions} from '../engine/ssh/ssh-options.ts';
import {findSsh} from '../engine/ssh/ssh-program.ts';
import {ExpectedError} from '../errors.ts';
import type {RoundTrips} from '../snapshot.ts';

export interface BoxExamination {
	readonly destination: Destination;
	readonly environment: NodeJS.ProcessEnv;
	/** Somebody sits there whom ssh may ask. */
	readonly interactive: boolean;
	/** The environment holds an API key. */
	readonly hasKey: boolean;
	/** Ends it: nothing more is yielded. */
	readonly signal: AbortSignal;
	/** Told of the connection, so that it can be left when nobody has time. */
	readonly onOpen: (box: Box) => void;
}

export interface BoxChecks {
	/** The same in every version. */
	readonly id: string;
	readonly title: string;
	readonly checks: readonly Check[];
}

/** What is found comes as soon as it is known. A machine that is not reached is one check to fix. Never rejects. */
export async function* examineBox(options: BoxExamination): AsyncGenerator<BoxChecks> {
	const {destination, signal, onOpen} = options;
	const {text: name} = destination;
	const way = (checks: readonly Check[]): BoxChecks => ({id: 'way', title: `The way to ${name}`, checks});
	const inForce = judgeSshOptions(await optionsInForce(options));
	const box = await opened(options);
	if (box === undefined) return;
	if (box instanceof ExpectedError) {
		const {message: text, advice} = box;
		yield way([...inForce, {id: 'box-connection', state: 'fix', text, ...(advice === undefined ? {} : {advice})}]);
		return;
	}
	onOpen(box);
	const close = () => void box.close();
	signal.addEventListener('abort', close, {once: true});
	try {
		const trips = await measuredTrips(box);
		const facts = await boxFacts(box.connection);
		// Only now: what else is asked would be in what was measured.
		const others = wellKnownPorts('auto');
		const servers = serversFacts(others, {
			way: box.tunnel,
			processes: () => box.processes(),
			mayListen: (port) => box.mayListen(port),
			tripMs: trips.p50 ?? 0,
		});
		const gpus = gpuFactsOf(box.tools, facts.nvidiaDriver);
		const refusal = await forwardRefusal(box, await servers);
		const found: readonly BoxChecks[] = [
			way([...inForce, ...lost(box), ...judgeBoxWay(facts, trips), judgeForwarding(refusal)]),
			{id: 'box', title: name, checks: judgeBox(facts, box.host())},
			{id: 'servers', title: `Servers that run on ${name}`, checks: judgeServers(await servers, options.hasKey, name)},
			{id: 'gpus', title: `GPUs of ${name}`, checks: judgeGpus(await gpus)},
			{id: 'engines', title: `Engines installed on ${name}`, checks: judgeBoxEngines(facts)},
		];
		if (!signal.aborted) yield* found;
	} finally {
		signal.removeEventListener('abort', close);
		await box.close();
	}
}

function lost(box: Box): readonly Check[] {
	const {down} = box.link();
	if (down === undefined) return [];
	return [{id: 'box-connection', state: 'fix', text: `The connection was lost meanwhile: ${down.why}`}];
}

/** None where there is no ssh: the connection says so. */
async function optionsInForce({destination, environment}: BoxExamination): ReturnType<typeof sshOptions> {
	try {
		const {toConnect, host} = await findSsh(environment, destination, []);
		return await sshOptions([...toConnect, ...host], environment);
	} catch (error) {
		if (!(error instanceof ExpectedError)) throw error;
		return [];
	}
}

/** The reason instead, when it is not reached. */
async function opened(options: BoxExamination): Promise<Box | ExpectedError | undefined> {
	try {
		return await Box.open({...options, way: 'tunnel'});
	} catch (error) {
		if (error instanceof ExpectedError) return error;
		if (options.signal.aborted) return undefined;
		throw error;
	}
}

/** Some round trips without a load. */
async function measuredTrips({connection}: Box): Promise<RoundTrips> {
	const meter = new PathMeter(connection, 'tunnel');
	const began = now();
	await meter.idle();
	const {roundTripMs} = meter.soFar(began);
	meter.close();
	return roundTripMs;
}

/**
 * Why sshd does not open a connection to a port; absent when it does. Where no server has answered, one is asked for at
 * the best known port: sshd says whether it may not, or nothing listens.
 */
async function forwardRefusal(box: Box, {running}: ServersFacts): Promise<string | undefined> {
	if (running.some(({kind}) => kind === 'found')) return undefined;
	const [port = 0] = wellKnownPorts('vllm');
	try {
		const dialled = await box.tunnel.dial('127.0.0.1', port);
		const socket = connect({host: dialled.hostname, port: dialled.port});
		socket.on('error', () => undefined).resume();
		const closed = once(socket, 'close');
		// sshd closes what it cannot open; what stays open may.
		socket.setTimeout(refusalMs, () => socket.destroy());
		await closed;
		return box.connection.refusal;
	} catch (error) {
		return error instanceof Error ? error.message : String(error);
	}
}

const refusalMs = 2_000;
