/**
 * From what the person said to whom exactly we load: finds the server, recognises its engine, chooses the model and
 * the API. Every failure here is a sentence and exit 3 (or 2, when what was asked for does not exist).
 */

import type {Api, TargetConfig} from '../config.ts';
import {ExpectedError, exitCode, usageError} from '../errors.ts';
import type {Target} from '../snapshot.ts';
import {readAccess} from './control/access.ts';
import {keyNeeded} from './control/key.ts';
import type {DetailedProbe} from './control/probe.ts';
import {examine, search} from './find-server.ts';
import type {Endpoint} from './load/transport.ts';
import type {Probe, ServerAdapter, ServerFacts} from './servers/server.ts';
import type {Box} from './ssh/box.ts';
import {type Dialled, NoWayError} from './way.ts';

export interface ResolvedTarget {
	readonly target: Target;
	readonly adapter: ServerAdapter;
	readonly api: Api;
	readonly model: string;
	readonly endpoint: Endpoint;
	/** Path before the API's own; '' for none. */
	readonly basePath: string;
	/** The person's headers and the key. */
	readonly headers: readonly (readonly [string, string])[];
	/** The control plane to this server. */
	readonly probe: Probe;
	/** A further way to it, for whoever asks for it, who closes it. */
	readonly connect: (timeoutMs: number) => DetailedProbe;
	readonly close: () => Promise<void>;
	/** What a person should know of how it was chosen. */
	readonly notes: readonly string[];
}

/** `box` is the server's machine, where that is reached over SSH. */
export async function resolveTarget(
	config: TargetConfig,
	environment: NodeJS.ProcessEnv,
	box?: Box,
): Promise<ResolvedTarget> {
	const {key, headers, insecure, caCert, connect} = await readAccess(config, environment, box);
	const found =
		config.url === undefined
			? await search(config.engine, connect, box)
			: await examine(box?.urlSeen(config.url) ?? config.url, config.engine, connect, box);
	const {adapter, facts, url, probe} = found;
	try {
		if (facts.keyNeeded === true) throw keyNeeded(url, key, config.apiKeyEnv);
		const api = chooseApi(adapter, config.api);
		const {model, contextLength} = chooseModel(config.model, facts, url);
		const parsed = new URL(url);
		const secure = parsed.protocol === 'https:';
		const hostname = parsed.hostname.replace(/^\[|\]$/g, '');
		const port = parsed.port === '' ? (secure ? 443 : 80) : Number(parsed.port);
		return {
			target: {
				url,
				engine: adapter.name,
				...(facts.engineVersion === undefined ? {} : {engineVersion: facts.engineVersion}),
				model,
				...(contextLength === undefined ? {} : {contextLength}),
				evidence: facts.evidence,
				...(box === undefined ? {} : {box: {name: box.name, way: box.way}}),
			},
			adapter,
			api,
			model,
			endpoint: {
				protocol: secure ? 'https:' : 'http:',
				hostname,
				port,
				insecure,
				...(caCert === undefined ? {} : {caCert}),
				// With `direct` the address is the box's own.
				...(box === undefined || box.way === 'direct' ? {} : {dial: await dialled(box, hostname, port)}),
			},
			basePath: parsed.pathname.replace(/\/+$/, ''),
			headers,
			probe: probe.get,
			connect: (timeoutMs) => connect(url, timeoutMs),
			close: () => probe.close(),
			notes: found.notes,
		};
	} catch (error) {
		await probe.close();
		throw error;
	}
}

async function dialled(box: Box, hostname: string, port: number): Promise<Dialled> {
	try {
		return await box.dial(hostname, port);
	} catch (error) {
		if (!(error instanceof NoWayError)) throw error;
		throw new ExpectedError(`The server on ${box.name} cannot be reached: ${error.message}.`, {
			exitCode: exitCode.unreachable,
		});
	}
}

function chooseApi(adapter: ServerAdapter, asked: Api | undefined): Api {
	const api = asked ?? adapter.defaultApi;
	if (adapter.apis[api] !== undefined) return api;
	throw usageError(`${adapter.title} has no ${api} API.`, `It has: ${Object.keys(adapter.apis).join(', ')}.`);
}

/** The person's choice when the server has it, else the only one; a server that lists none takes any name. */
function chooseModel(
	asked: string | undefined,
	facts: ServerFacts,
	url: string,
): {model: string; contextLength?: number} {
	const {models} = facts;
	const names = models.map(({name}) => name);
	const [only, ...more] = models;
	if (asked === undefined) {
		if (only === undefined) return {model: 'default'};
		if (more.length === 0) return described(only);
		throw usageError(`The server at ${url} has several models: ${names.join(', ')}.`, 'Choose one with --model.');
	}
	// Ollama's names carry a tag, and people leave `:latest` out.
	const chosen = models.find(({name}) => name === asked || name === `${asked}:latest`);
	if (chosen !== undefined) return described(chosen);
	if (only === undefined) return {model: asked};
	throw usageError(`The server at ${url} has no model "${asked}".`, `It has: ${names.join(', ')}.`);
}

function described(model: ServerFacts['models'][number]): {model: string; contextLength?: number} {
	return {model: model.name, ...(model.contextLength === undefined ? {} : {contextLength: model.contextLength})};
}
