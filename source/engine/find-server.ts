/** Finds a server: at the address that the person named, or at the well-known ports of this machine or of another. */

import {ExpectedError, exitCode, usageError} from '../errors.ts';
import {type DetailedProbe, nothingListens, type ProbeOutcome} from './control/probe.ts';
import {type DetectedServer, detectServer, findServer, servers} from './servers/index.ts';
import type {ServerAdapter, ServerFacts} from './servers/server.ts';
import {type ListeningProcess, serverAddresses} from './watch/engine-process.ts';
import {namesItself} from './way.ts';

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

/** Another machine, on which servers are looked for. */
export interface Elsewhere {
	/** As the person named it. */
	readonly name: string;
	/** Whether something may listen at this port: `false` when it is known that nothing does. */
	mayListen(port: number): boolean;
	/** What is asked for in place of an address that the machine has for itself. */
	urlSeen(url: string): string;
	/** Its processes that have an engine's command. */
	processes(): Promise<readonly ListeningProcess[]>;
}

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
	/** No answer to wait for, and why, in a few words. */
	| {readonly kind: 'nothing'; readonly why: string}
	/** Something is there, and no such server (yet). */
	| {readonly kind: 'other'};

/** Looks at one address. Only what recognises itself as a server of that engine is found. */
export async function glanceAt(url: string, engine: string, connect: Connect): Promise<Glance> {
	const probe = connect(url);
	const detected = await detectServer(probe.get);
	if (detected !== undefined && (engine === 'auto' || detected.adapter.name === engine)) {
		return {kind: 'found', server: {...detected, url, probe}};
	}
	const outcomes = probe.last();
	const isEmpty = outcomes.every(({kind}) => kind === 'refused' || kind === 'unreachable' || kind === 'no-way');
	const why = silenceOf(outcomes) ?? '';
	await probe.close();
	return isEmpty ? {kind: 'nothing', why} : {kind: 'other'};
}

/** Looks at the well-known ports of this machine; of another one also where its engines' processes listen. */
export async function search(engine: string, connect: Connect, elsewhere?: Elsewhere): Promise<FoundWithNotes> {
	const {urls, leftAlone} = elsewhere === undefined ? localAddresses(engine) : await addressesOn(elsewhere, engine);
	const glances = await Promise.all(urls.map((url) => glanceAt(url, engine, connect)));
	const [first, ...others] = glances.flatMap((glance) => (glance.kind === 'found' ? [glance.server] : []));
	if (first === undefined) {
		const whys = glances.flatMap((glance) => (glance.kind === 'nothing' ? [glance.why] : []));
		throw noServerHere(engine, elsewhere === undefined ? [] : [elsewhere.name], [
			...whys,
			...leftAlone.map(leftAloneClause),
		]);
	}
	await Promise.all(others.map((server) => server.probe.close()));
	const notes = [foundSentence(first, elsewhere)];
	if (others.length > 0) {
		notes.push(
			`Also ${elsewhere === undefined ? 'here' : `on ${elsewhere.name}`}, and left alone: ${others.map((server) => `${server.adapter.name} at ${server.url}`).join(', ')}. Choose with --url.`,
		);
	}
	return {...first, notes};
}

interface Addresses {
	readonly urls: readonly string[];
	/** Those of servers that must not be asked unbidden. */
	readonly leftAlone: readonly string[];
}

function localAddresses(engine: string): Addresses {
	return {urls: wellKnownPorts(engine).map((port) => `http://127.0.0.1:${port}`), leftAlone: []};
}

async function addressesOn(elsewhere: Elsewhere, engine: string): Promise<Addresses> {
	const urlSeen = (url: string) => elsewhere.urlSeen(url);
	const servers = serverAddresses(await elsewhere.processes());
	const leftAlone = servers.filter(({isFragile}) => isFragile).map(({url}) => url);
	const ports = wellKnownPorts(engine).filter((port) => elsewhere.mayListen(port));
	const all = [...ports.map((port) => `http://127.0.0.1:${port}`), ...servers.map(({url}) => url)];
	const urls = [...new Set(all)].filter((url) => !leftAlone.includes(url));
	return {urls: urls.map(urlSeen), leftAlone: leftAlone.map(urlSeen)};
}

/** Why a server is not asked although it was found, without a full stop. */
export function leftAloneClause(url: string): string {
	return `llama-cpp-python at ${url} is left alone: any request may break off the answer that it writes`;
}

export function foundSentence({adapter, url, facts}: FoundServer, elsewhere?: Pick<Elsewhere, 'name'>): string {
	return `Found ${adapter.title} at ${url}${onMachine(elsewhere)}: ${facts.evidence}.`;
}

function onMachine(elsewhere: Pick<Elsewhere, 'name'> | undefined): string {
	return elsewhere === undefined ? '' : ` on ${elsewhere.name}`;
}

/**
 * Nothing that could be looked for answers on these machines (none: on this one): exit 3. `whys` say what was met
 * instead, where it was.
 */
export function noServerHere(
	engine: string,
	machines: readonly string[] = [],
	whys: readonly string[] = [],
): ExpectedError {
	const what = engine === 'auto' ? 'inference server' : requireAdapter(engine).title;
	const ports = listOf(wellKnownPorts(engine), 'and');
	const [name, other] = machines;
	if (name === undefined) {
		return new ExpectedError(`No ${what} answers on this machine: looked at 127.0.0.1, port ${ports}.`, {
			exitCode: exitCode.unreachable,
			advice: 'Name it with --url http://HOST:PORT. `llmtop demo` needs no server at all.',
		});
	}
	const met = [...new Set(whys)].filter((why) => why !== nothingListens);
	const whose = other === undefined ? 'its' : 'their';
	const places = `${whose} 127.0.0.1, port ${ports}, and where engines' processes listen`;
	return new ExpectedError(
		`No ${what} answers on ${listOf(machines, 'and')}: looked at ${places}${met.length === 0 ? '' : ` (${met.join('; ')})`}.`,
		{
			exitCode: exitCode.unreachable,
			advice:
				other === undefined
					? `Name it as ${name} sees it: --url http://127.0.0.1:PORT; or start one there: --preset ID.`
					: `Name one as its machine sees it, and that machine alone: --ssh ${name} --url http://127.0.0.1:PORT`,
		},
	);
}

/** Looks at the server that the person named. Rejects with an `ExpectedError`, exit 3, when nothing answers. */
export async function examine(
	url: string,
	engine: string,
	connect: Connect,
	elsewhere?: Pick<Elsewhere, 'name'>,
): Promise<FoundWithNotes> {
	const seen = await lookAt(url, engine, connect);
	if ('silence' in seen) {
		throw new ExpectedError(`The server at ${url}${onMachine(elsewhere)} cannot be used: ${seen.silence}.`, {
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

/** Why none of these GETs was answered, or not all for want of a way, in a few words; absent when they were. */
function silenceOf(outcomes: readonly ProbeOutcome[]): string | undefined {
	for (const outcome of outcomes) if (outcome.kind === 'no-way') return outcome.message;
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
	return namesItself(new URL(url).hostname);
}

/** `8000, 11434 and 30000`. */
export function listOf(values: readonly (string | number)[], word: string): string {
	const [last, ...others] = [...values].reverse();
	return others.length === 0 ? String(last ?? '') : `${others.reverse().join(', ')} ${word} ${last}`;
}
