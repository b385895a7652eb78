/**
 * From what the person said to whom exactly we load: finds the server, recognises its engine, chooses the model and
 * the API. Every failure here is a sentence and exit 3 (or 2, when what was asked for does not exist).
 */

import {readFile} from 'node:fs/promises';
import type {Api, TargetConfig} from '../config.ts';
import {ExpectedError, exitCode, usageError} from '../errors.ts';
import type {Target} from '../snapshot.ts';
import {type ApiKey, keyVariables, readApiKey} from './control/key.ts';
import {createProbe, type DetailedProbe, type ProbeOutcome} from './control/probe.ts';
import type {Endpoint} from './load/transport.ts';
import {detectServer, findServer, servers} from './servers/index.ts';
import type {Probe, ServerAdapter, ServerFacts} from './servers/server.ts';

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
	readonly close: () => Promise<void>;
	/** What a person should know of how it was chosen. */
	readonly notes: readonly string[];
}

export async function resolveTarget(config: TargetConfig, environment: NodeJS.ProcessEnv): Promise<ResolvedTarget> {
	const key = readApiKey(config.apiKeyEnv, environment);
	const caCert = config.caCertFile === undefined ? undefined : await readCertificate(config.caCertFile);
	const headers: (readonly [string, string])[] = [...config.headers];
	if (key !== undefined) headers.push(['authorization', `Bearer ${key.value}`]);
	const connect = (url: string) =>
		createProbe({url, headers, insecure: config.insecure, ...(caCert === undefined ? {} : {caCert})});
	const found =
		config.url === undefined ? await search(config.engine, connect) : await examine(config.url, config.engine, connect);
	const {adapter, facts, url, probe} = found;
	try {
		if (facts.keyNeeded === true) throw keyNeeded(url, key, config.apiKeyEnv);
		const api = chooseApi(adapter, config.api);
		const {model, contextLength} = chooseModel(config.model, facts, url);
		const parsed = new URL(url);
		const secure = parsed.protocol === 'https:';
		return {
			target: {
				url,
				engine: adapter.name,
				...(facts.engineVersion === undefined ? {} : {engineVersion: facts.engineVersion}),
				model,
				...(contextLength === undefined ? {} : {contextLength}),
				evidence: facts.evidence,
			},
			adapter,
			api,
			model,
			endpoint: {
				protocol: secure ? 'https:' : 'http:',
				hostname: parsed.hostname.replace(/^\[|\]$/g, ''),
				port: parsed.port === '' ? (secure ? 443 : 80) : Number(parsed.port),
				insecure: config.insecure,
				...(caCert === undefined ? {} : {caCert}),
			},
			basePath: parsed.pathname.replace(/\/+$/, ''),
			headers,
			probe: probe.get,
			close: () => probe.close(),
			notes: found.notes,
		};
	} catch (error) {
		await probe.close();
		throw error;
	}
}

function keyNeeded(url: string, key: ApiKey | undefined, named: string | undefined): ExpectedError {
	const looked = named === undefined ? keyVariables.join(' and ') : named;
	return key === undefined
		? new ExpectedError(`The server at ${url} wants an API key, and there is none: looked at ${looked}.`, {
				exitCode: exitCode.unreachable,
				advice: 'Put it into one of them, or name another environment variable with --api-key-env NAME.',
			})
		: new ExpectedError(`The server at ${url} does not accept the API key from ${key.name}.`, {
				exitCode: exitCode.unreachable,
				advice: 'Check the key, or name another environment variable with --api-key-env NAME.',
			});
}

interface Found {
	readonly adapter: ServerAdapter;
	readonly facts: ServerFacts;
	readonly url: string;
	readonly probe: DetailedProbe;
	readonly notes: readonly string[];
}

type Connect = (url: string) => DetailedProbe;

/** Looks at the well-known ports of this machine. */
async function search(engine: string, connect: Connect): Promise<Found> {
	const wanted = engine === 'auto' ? servers : [requireAdapter(engine)];
	const ports = [...new Set(wanted.flatMap((adapter) => adapter.ports))];
	const found = await Promise.all(
		ports.map(async (port) => {
			const url = `http://127.0.0.1:${port}`;
			const probe = connect(url);
			const detected = await detectServer(probe.get);
			const fits = detected !== undefined && (engine === 'auto' || detected.adapter.name === engine);
			if (fits) return {...detected, url, probe};
			await probe.close();
			return undefined;
		}),
	);
	const [first, ...others] = found.filter((server) => server !== undefined);
	if (first === undefined) {
		const what = engine === 'auto' ? 'inference server' : requireAdapter(engine).title;
		throw new ExpectedError(`No ${what} answers on this machine: looked at 127.0.0.1, port ${listOf(ports, 'and')}.`, {
			exitCode: exitCode.unreachable,
			advice: 'Name it with --url http://HOST:PORT. `llmtop demo` needs no server at all.',
		});
	}
	await Promise.all(others.map((server) => server.probe.close()));
	const notes = [`Found ${first.adapter.title} at ${first.url}: ${first.facts.evidence}.`];
	if (others.length > 0) {
		notes.push(
			`Also here, and left alone: ${others.map((server) => `${server.adapter.name} at ${server.url}`).join(', ')}. Choose with --url.`,
		);
	}
	return {...first, notes};
}

/** Looks at the server that the person named. */
async function examine(url: string, engine: string, connect: Connect): Promise<Found> {
	const probe = connect(url);
	try {
		if (engine !== 'auto') {
			const adapter = requireAdapter(engine);
			const facts = await adapter.facts(probe.get);
			requireAnswer(url, probe.last());
			return {adapter, facts, url, probe, notes: []};
		}
		const detected = await detectServer(probe.get);
		if (detected === undefined) requireAnswer(url, probe.last());
		if (detected !== undefined) {
			return {...detected, url, probe, notes: [`Recognised ${detected.adapter.title}: ${detected.facts.evidence}.`]};
		}
		const adapter = requireAdapter('openai');
		const facts = await adapter.facts(probe.get);
		return {
			adapter,
			facts,
			url,
			probe,
			notes: [`The engine at ${url} is not known: taken for a server with OpenAI's API.`],
		};
	} catch (error) {
		await probe.close();
		throw error;
	}
}

/** Throws when nothing that speaks HTTP answered. */
function requireAnswer(url: string, outcomes: readonly ProbeOutcome[]): void {
	if (outcomes.some((outcome) => outcome.kind === 'answer')) return;
	const [failure] = outcomes;
	const why = failure === undefined || failure.kind === 'answer' ? 'it does not answer' : failure.message;
	throw new ExpectedError(`The server at ${url} cannot be used: ${why}.`, {
		exitCode: exitCode.unreachable,
		advice: 'Check the address and that the server is up. `llmtop demo` needs no server at all.',
	});
}

function requireAdapter(engine: string): ServerAdapter {
	const adapter = findServer(engine);
	if (adapter === undefined)
		throw usageError(`There is no engine "${engine}".`, `Known: ${servers.map(({name}) => name).join(', ')}.`);
	return adapter;
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

async function readCertificate(file: string): Promise<string> {
	try {
		return await readFile(file, 'utf8');
	} catch (error) {
		throw usageError(
			`The certificate file ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
		);
	}
}

function listOf(values: readonly (string | number)[], word: string): string {
	const [last, ...others] = [...values].reverse();
	return others.length === 0 ? String(last ?? '') : `${others.reverse().join(', ')} ${word} ${last}`;
}
