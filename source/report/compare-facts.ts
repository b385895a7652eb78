/** The sentences around a comparison: what was run where, what is not the same, what must be doubted, what failed. */

import {bytes, compact, decimal, integer, plainText} from '../format.ts';
import {type BoxWay, type Level, type Session, tokenSources} from '../snapshot.ts';
import {askedOf} from './asked.ts';
import type {Fact, FactsBlock} from './block.ts';
import type {Compared, ComparedKind, ComparedSession} from './compare.ts';
import {failureFacts, runFacts} from './facts.ts';
import {isRepeated, levelName} from './level-name.ts';
import {gpuFact} from './started-facts.ts';

/** What all were asked, as it stands in the report of the one that got furthest; of sessions only what all agree on. */
export function loadFacts(measured: readonly ComparedSession[], kind: ComparedKind): FactsBlock[] {
	const common = new Set(['load', 'workload', 'goals', 'labels']);
	const [furthest, ...others] = measured
		.toSorted((one, other) => other.session.levels.length - one.session.levels.length)
		.map(({session}) => runFacts(session));
	if (furthest === undefined) return [];
	const facts = furthest.facts.filter(({name, text}) => {
		const isShared = others.every((other) => other.facts.some((fact) => fact.name === name && fact.text === text));
		return common.has(name) && (kind === 'machine' || isShared);
	});
	return facts.length === 0 ? [] : [{...furthest, facts}];
}

const wayTexts: Readonly<Record<BoxWay, string>> = {
	tunnel: 'through the SSH connection',
	direct: 'to its own address',
	there: 'from the machine itself',
};

/** One line each: server, model, GPUs, way; or why there is nothing of it. */
export function comparedFacts(compared: readonly Compared[], kind: ComparedKind): FactsBlock {
	return {
		kind: 'facts',
		title: kind === 'machine' ? 'Machines' : 'Sessions',
		tone: 'plain',
		facts: compared.flatMap(({name, session, trouble}): Fact[] => {
			const known = session === undefined ? [] : [sessionText(session)];
			const texts = [...known, ...(trouble === undefined ? [] : [plainText(trouble)])];
			const lines = texts.length === 0 ? ['nothing was measured'] : texts;
			return lines.map((text, place) => ({name: place === 0 ? plainText(name) : '', text}));
		}),
	};
}

function sessionText(session: Session): string {
	const {target, partial, host, startedAt} = session;
	const [gpus] = gpuFact(session);
	const way = target.box?.way;
	const trip = session.levels.find(({path}) => path?.idleRoundTripMs !== undefined)?.path?.idleRoundTripMs;
	const parts = [
		engineText(session),
		...(target.model === undefined ? [] : [target.model]),
		...(gpus === undefined ? [] : [gpus.text]),
		...(way === undefined
			? []
			: [`loaded ${wayTexts[way]}${trip === undefined ? '' : `, round trip ${compact(trip)} ms`}`]),
		`measured ${startedAt}${way === 'there' ? ` with ${host.cores} cores, ${bytes(host.memoryBytes)}` : ''}`,
		...(session.levels.length === 0 ? ['no level was finished'] : []),
		...(partial ? ['ended early'] : []),
	];
	return plainText(parts.join('; '));
}

function engineText({target: {engine, engineVersion}}: Session): string {
	return engineVersion === undefined ? engine : `${engine} ${engineVersion}`;
}

/** What a person must know before comparing the figures; nothing where all of it is the same. */
export function differenceFacts(measured: readonly ComparedSession[]): FactsBlock[] {
	const aspects: readonly (readonly [name: string, of: (session: Session) => string])[] = [
		['engine', engineText],
		['model', ({target}) => target.model ?? 'not told'],
		[
			'context',
			({target}) => (target.contextLength === undefined ? 'not told' : `${integer(target.contextLength)} tokens`),
		],
		['tokens', (session) => `counted by ${tokenSourcesOf(session)}`],
		['way', ({target}) => (target.box === undefined ? 'none' : wayTexts[target.box.way])],
		['work', workText],
		['measured on', (session) => measurerText(session)],
		['llmtop', ({llmtop}) => llmtop.version],
	];
	const facts = aspects.flatMap(([name, of]): Fact[] => {
		const groups = Map.groupBy(measured, ({session}) => of(session));
		if (groups.size < 2) return [];
		const texts = [...groups].map(([value, same]) => `${same.map((one) => one.name).join(', ')}: ${value}`);
		return [{name, text: plainText(texts.join('; '))}];
	});
	return facts.length === 0 ? [] : [{kind: 'facts', title: 'Not the same on all', tone: 'plain', facts}];
}

function tokenSourcesOf({levels}: Session): string {
	const used = tokenSources.filter((source) => levels.some(({tokens}) => tokens.source === source));
	return used.length === 0 ? 'nobody' : used.join(' and ');
}

/** All that decides which bytes are sent, as the session tells of it. */
function workText(session: Session): string {
	const {workload, seed, cache, maxTokens, temperature, stream, requests, durationMs} = askedOf(session);
	const parts = [
		workload,
		seed === undefined ? undefined : `seed ${seed}`,
		cache,
		maxTokens === undefined ? undefined : `at most ${integer(maxTokens)} tokens`,
		temperature === undefined ? undefined : `temperature ${temperature}`,
		stream === false ? 'not streamed' : undefined,
		requests === undefined ? undefined : `${integer(requests)} requests a level`,
		durationMs === undefined ? undefined : `${decimal(durationMs / 1000, 0)} s a level`,
	];
	return parts.filter((part) => part !== undefined).join(', ');
}

/** With `there` each machine measures itself, which is said once, by the way. */
function measurerText({host, target}: Session): string {
	return target.box?.way === 'there' ? 'the machine itself' : host.hostname;
}

/** Why a figure may not be the server's. */
export function doubtFacts(measured: readonly ComparedSession[]): FactsBlock[] {
	const facts = measured.flatMap(({name, session}) =>
		session.levels.flatMap((level): Fact[] => {
			const {value, reason} = level.verdicts.client;
			if (value === 'ok') return [];
			return [{name: `${plainText(name)}, ${loadOf(level, session)}`, text: `${value}: ${plainText(reason)}`}];
		}),
	);
	return facts.length === 0 ? [] : [{kind: 'facts', title: 'Not client ok', tone: 'bad', facts: sameOnce(facts)}];
}

function loadOf(level: Level, {levels}: Session): string {
	return levelName(level, {withRun: isRepeated(levels)});
}

/** A name that stands above is not told again. */
function sameOnce(facts: readonly Fact[]): readonly Fact[] {
	return facts.map((fact, place) => (facts[place - 1]?.name === fact.name ? {...fact, name: ''} : fact));
}

/** Causes of failure on each machine. */
export function lostFacts(measured: readonly ComparedSession[]): FactsBlock[] {
	const facts = measured.flatMap(({name, session}) =>
		failureFacts(session).flatMap((block) =>
			block.facts.map((fact): Fact => ({name: plainText(name), text: `${fact.name}: ${fact.text}`})),
		),
	);
	return facts.length === 0 ? [] : [{kind: 'facts', title: 'Failures', tone: 'bad', facts: sameOnce(facts)}];
}
