/** The three verdicts of a level: was the client fit, was the cache cold, was the output length honoured. */

import type {CacheVerdict, ClientVerdict, LengthVerdict, TokenSource, Verdict} from '../snapshot.ts';
import {type Finding, percent} from './finding.ts';
import {type PathFacts, pathFindings, pathFitness} from './path-findings.ts';

/**
 * From where on a client is `suspect`, and from where on it was the limit.
 * - `loopDelayMs`, p99 of the worst load thread: every instant of that thread is late by so much now and then. 5 ms is
 *   what we promise ourselves at 1,024 streams on two cores; 20 ms is as long as the gap between two tokens.
 * - `cpuRatio` of the busiest load thread: work that comes at random into one thread waits for 1.5 times its own
 *   length at 75 % and for 4.5 times at 90 % (M/D/1: ρ / 2(1 − ρ)), and bursts are worse.
 * - `scheduleLagMs`, open loop: requests left later than planned. 10 ms is 5 to 10 % of a usual TTFT, 50 ms a quarter.
 * - `heldRatio`, closed loop: time-weighted mean of requests in flight ÷ streams asked for. Below 95 % there is hardly a
 *   moment of steady load; below 90 % the level is not the one on its label.
 * - `sharedReadRatio`: events that shared a socket read got one instant for several. A server or proxy may
 *   write several tokens at once, so alone it says nothing of the client; it counts against a client that is suspect
 *   by its CPU time or loop delay, and above 25 % that client was the limit.
 * The way to another machine has limits of its own (path-findings.ts): it is no part of the server either.
 */
const clientLimits = {
	loopDelayMs: {suspect: 5, limited: 20},
	cpuRatio: {suspect: 0.75, limited: 0.9},
	scheduleLagMs: {suspect: 10, limited: 50},
	heldRatio: {suspect: 0.95, limited: 0.9},
	sharedReadRatio: {suspect: 0.1, limited: 0.25},
} as const;

/** What is known of the client's fitness; each absent where it does not apply or cannot be told. */
export interface ClientFacts {
	readonly loopDelayP99Ms?: number;
	/** CPU time of the busiest load thread ÷ time, 0 to 1. */
	readonly cpuRatio?: number;
	readonly sharedReadRatio?: number;
	/** Open loop. */
	readonly scheduleLagMs?: number;
	/** Closed loop: mean in flight, and mean asked for over the same window. */
	readonly held?: {readonly mean: number; readonly asked: number};
	/** Share of requests that failed, 0 to 1: a server that refuses empties the streams, not the client. */
	readonly failedRatio: number;
	/** Where the server's machine was reached over SSH. */
	readonly path?: PathFacts;
}

/** From this share of failed requests on, missing streams are not blamed on the client alone. */
const manyFailed = 0.05;

export function clientVerdict(facts: ClientFacts): Verdict<ClientVerdict> {
	const own = [...loopDelay(facts), ...cpu(facts)];
	const findings = [
		...own,
		...scheduleLag(facts),
		...held(facts),
		...(own.length > 0 ? sharedReads(facts) : []),
		...(facts.path === undefined ? [] : pathFindings(facts.path)),
	];
	const limited = findings.filter((finding) => finding.limited);
	if (limited.length > 0) return {value: 'client-limited', reason: sentence(limited.map((finding) => finding.text))};
	if (findings.length > 0) return {value: 'suspect', reason: sentence(findings.map((finding) => finding.text))};
	return {value: 'ok', reason: sentence(fitness(facts))};
}

function loopDelay({loopDelayP99Ms: delay}: ClientFacts): Finding[] {
	if (delay === undefined || delay <= clientLimits.loopDelayMs.suspect) return [];
	const text = `a load thread ran ${delay.toFixed(1)} ms late at p99`;
	return [{limited: delay > clientLimits.loopDelayMs.limited, text}];
}

function cpu({cpuRatio: ratio}: ClientFacts): Finding[] {
	if (ratio === undefined || ratio <= clientLimits.cpuRatio.suspect) return [];
	return [{limited: ratio > clientLimits.cpuRatio.limited, text: `a load thread used ${percent(ratio)} of a core`}];
}

function scheduleLag({scheduleLagMs: lag}: ClientFacts): Finding[] {
	if (lag === undefined || lag <= clientLimits.scheduleLagMs.suspect) return [];
	const text = `requests left up to ${lag.toFixed(1)} ms after their schedule`;
	return [{limited: lag > clientLimits.scheduleLagMs.limited, text}];
}

function held({held: streams, failedRatio}: ClientFacts): Finding[] {
	if (streams === undefined || streams.asked === 0) return [];
	const ratio = streams.mean / streams.asked;
	if (ratio >= clientLimits.heldRatio.suspect) return [];
	const text = `only ${streams.mean.toFixed(1)} of ${figure(streams.asked)} streams were held`;
	if (failedRatio > manyFailed)
		return [{limited: false, text: `${text}, with ${percent(failedRatio)} of the requests failed`}];
	return [{limited: ratio < clientLimits.heldRatio.limited, text}];
}

function sharedReads({sharedReadRatio: ratio}: ClientFacts): Finding[] {
	if (ratio === undefined || ratio <= clientLimits.sharedReadRatio.suspect) return [];
	const text = `${percent(ratio)} of the events shared a read with another`;
	return [{limited: ratio > clientLimits.sharedReadRatio.limited, text}];
}

function fitness(facts: ClientFacts): string[] {
	const {cpuRatio, loopDelayP99Ms, scheduleLagMs, held: streams, sharedReadRatio, path} = facts;
	const texts: string[] = [];
	if (cpuRatio !== undefined) texts.push(`the busiest load thread used ${percent(cpuRatio)} of a core`);
	if (loopDelayP99Ms !== undefined)
		texts.push(`the load threads ran at most ${loopDelayP99Ms.toFixed(1)} ms late at p99`);
	if (scheduleLagMs !== undefined) texts.push(`requests left within ${scheduleLagMs.toFixed(1)} ms of their schedule`);
	if (streams !== undefined) texts.push(`${streams.mean.toFixed(1)} of ${figure(streams.asked)} streams were held`);
	if (sharedReadRatio !== undefined && sharedReadRatio > clientLimits.sharedReadRatio.suspect)
		texts.push(`${percent(sharedReadRatio)} of the events shared a read, as the server or the network sent them`);
	if (path !== undefined) texts.push(...pathFitness(path));
	return texts.length === 0 ? ['nothing was measured that would tell against the client'] : texts;
}

/** More than this share of the prompt tokens from the cache is a warm cache; templates and system prompts are below. */
const warmRatio = 0.05;

export interface CacheFacts {
	/** Every prompt began with characters of its own. */
	readonly uniquePrompts: boolean;
	/** Sums over the requests whose answers told both. */
	readonly inputTokens?: number;
	readonly cachedTokens?: number;
	/** Change of the server's prefix-cache counters over the level, in tokens. */
	readonly prefixCache?: {readonly queries: number; readonly hits: number};
}

/** What the server says of its cache counts first; where it says nothing, prompts that cannot be cached are cold. */
export function cacheVerdict(facts: CacheFacts): Verdict<CacheVerdict> {
	const {uniquePrompts, inputTokens, cachedTokens, prefixCache} = facts;
	const told: {ratio: number; text: string}[] = [];
	if (inputTokens !== undefined && cachedTokens !== undefined && inputTokens > 0) {
		const ratio = cachedTokens / inputTokens;
		told.push({ratio, text: `${percent(ratio)} of the prompt tokens came from the cache, by the answers' usage`});
	}
	if (prefixCache !== undefined && prefixCache.queries > 0) {
		const ratio = prefixCache.hits / prefixCache.queries;
		told.push({ratio, text: `${percent(ratio)} of the prompt tokens came from the cache, by the server's counters`});
	}
	const warm = told.filter(({ratio}) => ratio > warmRatio);
	if (warm.length > 0) return {value: 'warm', reason: sentence(warm.map(({text}) => text))};
	const texts = told.map(({text}) => text);
	if (uniquePrompts) texts.unshift('every prompt began with unique characters');
	if (texts.length > 0) return {value: 'cold', reason: sentence(texts)};
	return {value: 'unknown', reason: 'Prompts were repeated, and the server does not tell what its cache answered.'};
}

/** Requests that ended well and whose output tokens are counted. */
export interface LengthFacts {
	/** Whether requests asked the engine for exactly `maxTokens`. */
	readonly asked: boolean;
	/** How it was asked for, or why it cannot be forced; a clause. Told when answers were short. */
	readonly how?: string;
	readonly counted: number;
	/** Those with fewer tokens than they asked for. */
	readonly short: number;
	/** The fewest of these, and what that request asked for. */
	readonly shortest?: {readonly tokens: number; readonly asked: number};
	/** The worst source of the counts. */
	readonly source?: TokenSource;
}

/** By the count, never by the finish reason. One short answer is enough: the length was asked for exactly. */
export function lengthVerdict(facts: LengthFacts): Verdict<LengthVerdict> {
	const {asked, how, counted, short, shortest, source} = facts;
	if (!asked) return {value: 'not asked', reason: 'Answers may end where the model wants.'};
	const by = source === undefined ? '' : basis(source);
	if (counted === 0) return {value: 'unknown', reason: 'No answer has ended yet.'};
	if (source === 'local' || source === 'tokenize')
		return {value: 'unknown', reason: "The tokens were counted again here, and that count need not be the engine's."};
	if (short === 0)
		return {value: 'honoured', reason: sentence([`all ${counted} answers had the length asked for${by}`])};
	const fewest = shortest === undefined ? '' : `, the shortest after ${shortest.tokens} of ${shortest.asked} tokens`;
	const text = `${short} of ${counted} answers (${percent(short / counted)}) ended before the length asked for${fewest}${by}`;
	const asking = how === undefined ? [] : [`how it can be asked for: ${how}`];
	return {value: 'not honoured', reason: sentence([text, ...asking])};
}

/** What must be said when the count is not the server's own. */
function basis(source: TokenSource): string {
	return source === 'events' ? ', counted by events, which can hold several tokens or none' : '';
}

function sentence(texts: readonly string[]): string {
	const joined = texts.join('; ');
	return `${joined.charAt(0).toUpperCase()}${joined.slice(1)}.`;
}

/** Whole numbers as they are, others with one decimal. */
function figure(value: number): string {
	return Number.isInteger(value) ? String(value) : value.toFixed(1);
}
