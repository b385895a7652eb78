/** Finds a server: at the address that the person named, or at the well-known ports of this machine. */

import {ExpectedError, exitCode, usageError} from '../errors.ts';
import type {DetailedProbe, ProbeOutcome} from './control/probe.ts';
import {type DetectedServer, detectServer, findServer, servers} from './servers/index.ts';
import type {ServerAdapter, ServerFacts} from './servers/server.ts';

export interface FoundServer extends DetectedServer {
	readonly url: string;
	/** Open: whoever has the server closes it. */
	readonly probe: DetailedProbe;
}

export interface FoundWithNotes extends FoundServer {
	/** What a person should know of how it was found. */
	readonly notes: readonly string[];
}

export type Connect = (url: string) => DetailedProbe;

/** The adapters that a choice of engine leaves. Throws `ExpectedError`, exit 2, when there is no such engine. */
function wantedAdapters(engine: string): readonly ServerAdapter[] {
	return engine === 'auto' ? servers : [requireAdapter(engine)];
}

/** The ports of this machine where such a server usually is, the most likely first. */
export function wellKnownPorts(engine: string): readonly number[] {
	return [...new Set(wantedAdapters(engine).flatMap((adapter) => adapter.ports))];
}

/** What is at an address of this machine. */
export type Glance =
	| {readonly kind: 'found'; readonly server: FoundServer}
	/** `nothing`: no answer to wait for; `other`: something is there, and no such server (yet). */
	| {readonly kind: 'nothing' | 'other'};

/** Looks at one address. Only what recognises itself as a server of that engine is found. */
export async function glanceAt(url: string, engine: string, connect: Connect): Promise<Glance> {
	const probe = connect(url);
	const detected = await detectServer(probe.get);
	if (detected !== undefined && (engine === 'auto' || detected.adapter.name === engine)) {
		return {kind: 'found', server: {...detected, url, probe}};
	}
	const isEmpty = probe.last().every(({kind}) => kind === 'refused' || kind === 'unreachable');
	await probe.close();
	return {kind: isEmpty ? 'nothing' : 'other'};
}

/** Looks at the well-known ports of this machine. */
export async function search(engine: string, connect: Connect): Promise<FoundWithNotes> {
	const glances = await Promise.all(
		wellKnownPorts(engine).map((port) => glanceAt(`http://127.0.0.1:${port}`, engine, connect)),
	);
	const [first, ...others] = glances.flatMap((glance) => (glance.kind === 'found' ? [glance.server] : []));
	if (first === undefined) throw noServerHere(engine);
	await Promise.all(others.map((server) => server.probe.close()));
	const notes = [foundSentence(first)];
	if (others.length > 0) {
		notes.push(
			`Also here, and left alone: ${others.map((server) => `${server.adapter.name} at ${server.url}`).join(', ')}. Choose with --url.`,
		);
	}
	return {...first, notes};
}

export function foundSentence({adapter, url, facts}: FoundServer): string {
	return `Found ${adapter.title} at ${url}: ${facts.evidence}.`;
}

/** Nothing that could be looked for answers on this machine: exit 3. */
export function noServerHere(engine: string): ExpectedError {
	const what = engine === 'auto' ? 'inference server' : requireAdapter(engine).title;
	const ports = listOf(wellKnownPorts(engine), 'and');
	return new ExpectedError(`No ${what} answers on this machine: looked at 127.0.0.1, port ${ports}.`, {
		exitCode: exitCode.unreachable,
		advice: 'Name it with --url http://HOST:PORT. `llmtop demo` needs no server at all.',
	});
}

/** Looks at the server that the person named. Rejects with an `ExpectedError`, exit 3, when nothing answers. */
export async function examine(url: string, engine: string, connect: Connect): Promise<FoundWithNotes> {
	const seen = await lookAt(url, engine, connect);
	if ('silence' in seen) {
		throw new ExpectedError(`The server at ${url} cannot be used: ${seen.silence}.`, {
			exitCode: exitCode.unreachable,
			advice: 'Check the address and that the server is up. `llmtop demo` needs no server at all.',
		});
	}
	const {adapter, facts, isAssumed} = seen;
	if (isAssumed) return {...seen, notes: [assumedSentence(url)]};
	return {...seen, notes: engine === 'auto' ? [`Recognised ${adapter.title}: ${facts.evidence}.`] : []};
}

export interface SeenServer extends FoundServer {
	/** Nothing told which engine it is: it is taken for a server with OpenAI's API. */
	readonly isAssumed: boolean;
}

export function assumedSentence(url: string): string {
	return `The engine at ${url} is not known: taken for a server with OpenAI's API.`;
}

/** What is at a named address, where the person's word for the engine is taken; or why nothing answers, in a few words. */
export async function lookAt(
	url: string,
	engine: string,
	connect: Connect,
): Promise<SeenServer | {readonly silence: string}> {
	const probe = connect(url);
	try {
		const isAuto = engine === 'auto';
		const detected = isAuto ? await detectServer(probe.get) : undefined;
		const adapter = detected?.adapter ?? requireAdapter(isAuto ? 'openai' : engine);
		const facts = detected?.facts ?? (isAuto ? unknownFacts : await adapter.facts(probe.get));
		const silence = silenceOf(probe.last());
		if (silence === undefined) return {adapter, facts, url, probe, isAssumed: facts === unknownFacts};
		await probe.close();
		return {silence};
	} catch (error) {
		await probe.close();
		throw error;
	}
}

const unknownFacts: ServerFacts = {models: [], evidence: 'it answers, and does not say which engine it is'};

/** Why none of these GETs was answered, in a few words; absent when one was. */
function silenceOf(outcomes: readonly ProbeOutcome[]): string | undefined {
	if (outcomes.some((outcome) => outcome.kind === 'answer')) return undefined;
	const [failure] = outcomes;
	return failure === undefined || failure.kind === 'answer' ? 'it does not answer' : failure.message;
}

/** Throws `ExpectedError`, exit 2, when there is no such engine. */
export function requireAdapter(engine: string): ServerAdapter {
	const adapter = findServer(engine);
	if (adapter === undefined)
		throw usageError(`There is no engine "${engine}".`, `Known: ${servers.map(({name}) => name).join(', ')}.`);
	return adapter;
}

/** Whether an address is one of this machine by its name. */
export function isHere(url: string): boolean {
	return /^(?:localhost|127\.[\d.]+|0\.0\.0\.0|\[::1?\])$/.test(new URL(url).hostname);
}

/** `8000, 11434 and 30000`. */
export function listOf(values: readonly (string | number)[], word: string): string {
	const [last, ...others] = [...values].reverse();
	return others.length === 0 ? String(last ?? '') : `${others.reverse().join(', ')} ${word} ${last}`;
}
