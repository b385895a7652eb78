/** Which inference servers answer on this machine. */

import {createProbe, type DetailedProbe} from '../../control/probe.ts';
import {type Elsewhere, listOf} from '../../find-server.ts';
import type {ServerFacts} from '../../servers/server.ts';
import {Discovery} from '../../watch/discover.ts';
import {listeningProcesses} from '../../watch/listening-processes.ts';
import type {Way} from '../../way.ts';
import {type Check, count} from './check.ts';

export type RunningServer =
	| {
			readonly kind: 'found';
			readonly url: string;
			readonly title: string;
			readonly version?: string;
			readonly models: readonly string[];
			readonly keyNeeded: boolean;
	  }
	/** `silent`: takes connections and does not answer. `fragile`: a llama-cpp-python, which no look may disturb. */
	| {readonly kind: 'silent' | 'fragile'; readonly url: string};

export interface ServersFacts {
	readonly running: readonly RunningServer[];
	/** Where was looked, for a person. */
	readonly places: string;
}

/** For one answer, ms. An idle server on the same machine takes some milliseconds. */
const answerMs = 700;
/** For all that an adapter asks one after the other, ms. */
const deadlineMs = 1_500;
/** For ssh to make a way to one port. The connection through it and the GET then take a round trip each. */
const forwardMs = 1_000;
/** So many GETs, at most, does an adapter make one after the other. */
const mostGets = 8;

/** A machine whose servers are looked for over the way to it. */
export interface OtherMachine extends Pick<Elsewhere, 'mayListen' | 'processes'> {
	readonly way: Way;
	/** Round trip. */
	readonly tripMs: number;
}

/** At these ports of 127.0.0.1, and where an engine's processes listen; on this machine or another. No key is sent. */
export async function serversFacts(ports: readonly number[], other?: OtherMachine): Promise<ServersFacts> {
	const processes = await (other === undefined ? listeningProcesses() : other.processes());
	const wayMs = other === undefined ? 0 : forwardMs + 2 * other.tripMs;
	const probes = new Map<string, DetailedProbe>();
	const discovery = new Discovery({
		engine: 'auto',
		connect(url) {
			const probe = createProbe({
				url,
				headers: [],
				insecure: false,
				timeoutMs: answerMs + wayMs,
				...(other === undefined ? {} : {way: other.way}),
			});
			probes.set(url, probe);
			return probe;
		},
		ports: other === undefined ? ports : ports.filter((port) => other.mayListen(port)),
	});
	const closeAll = () => Promise.all([...probes.values()].map((probe) => probe.close()));
	// Closed, they answer nothing more, and the adapters come to their end.
	const timer = setTimeout(() => void closeAll(), deadlineMs + mostGets * wayMs);
	try {
		const found = await discovery.look(processes, new Set());
		const answering = new Set(found.map(({url}) => url));
		const silent = [...probes].filter(([url, probe]) => !answering.has(url) && isSilent(probe));
		return {
			running: [
				...found.map(({url, adapter, facts}) => running(url, adapter.title, facts)),
				...silent.map(([url]) => ({kind: 'silent' as const, url})),
				...discovery.leftAlone.map((url) => ({kind: 'fragile' as const, url})),
			],
			places:
				other === undefined
					? discovery.places
					: `its 127.0.0.1, port ${listOf(ports, 'and')}, and where engines' processes listen`,
		};
	} finally {
		clearTimeout(timer);
		await closeAll();
	}
}

function isSilent(probe: DetailedProbe): boolean {
	const outcomes = probe.last();
	return outcomes.some(({kind}) => kind === 'silent') && !outcomes.some(({kind}) => kind === 'answer');
}

function running(url: string, title: string, facts: ServerFacts): RunningServer {
	return {
		kind: 'found',
		url,
		title,
		...(facts.engineVersion === undefined ? {} : {version: facts.engineVersion}),
		models: facts.models.map(({name}) => name),
		keyNeeded: facts.keyNeeded === true,
	};
}

/** `hasKey`: the environment holds an API key. `box`: the other machine's name, as it stands behind `--ssh`. */
export function judgeServers(facts: ServersFacts, hasKey: boolean, box?: string): readonly Check[] {
	if (facts.running.length > 0) return facts.running.map((server) => judgeServer(server, hasKey));
	return [
		{
			id: 'servers-none',
			state: 'note',
			text: `No server answers: looked at ${facts.places}.`,
			advice:
				box === undefined
					? 'Start one, or name one elsewhere with --url. `llmtop demo` needs none.'
					: `Start one there: --ssh ${box} --preset ID; or name one as ${box} sees it with --url.`,
		},
	];
}

function judgeServer(server: RunningServer, hasKey: boolean): Check {
	const {kind, url} = server;
	const id = `server-${new URL(url).port}`;
	switch (kind) {
		case 'silent':
			return {
				id,
				state: 'note',
				text: `Something at ${url} takes connections and does not answer.`,
				advice: 'A server that is still starting, or one that hangs: look at its log.',
			};
		case 'fragile':
			return {
				id,
				state: 'note',
				text: `llama-cpp-python at ${url} was left alone: any request may break off the answer that it writes.`,
				advice: 'Name it with --url.',
			};
		case 'found': {
			const {title, version, models, keyNeeded} = server;
			const name = `${title}${version === undefined ? '' : ` ${version}`} at ${url}`;
			if (!keyNeeded) return {id, state: 'ok', text: `${name}${modelsText(models)}.`};
			if (hasKey) return {id, state: 'ok', text: `${name}, which wants the API key.`};
			return {
				id,
				state: 'note',
				text: `${name} wants an API key.`,
				advice: 'Put it into LLMTOP_API_KEY, or name its environment variable with --api-key-env.',
			};
		}
		default:
			return kind satisfies never;
	}
}

function modelsText(models: readonly string[]): string {
	const [only, ...more] = models;
	if (only === undefined) return '';
	if (more.length === 0) return `, model ${only}`;
	const shown = models.slice(0, 3).join(', ');
	return models.length > 3 ? `, ${count(models.length)} models, among them ${shown}` : `, models ${shown}`;
}
