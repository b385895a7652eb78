/** The sentences around the tables: what was run, what the verdicts are, what failed, what a reader must know. */

import {bytes, clockTime, compact, decimal, integer, plainText} from '../format.ts';
import {type Level, type Outcome, outcomes, type Session} from '../snapshot.ts';
import {type Asked, askedOf, goalsText} from './asked.ts';
import type {Fact, FactsBlock} from './block.ts';
import {levelName, loadNumber, places} from './level-name.ts';
import {boxFact} from './path-table.ts';
import {gpuFact} from './started-facts.ts';

/** What was run: target, model, load, workload, when and where. */
export function runFacts(session: Session): FactsBlock {
	const {target, host} = session;
	const asked = askedOf(session);
	const engine = [target.engine, target.engineVersion].filter((part) => part !== undefined).join(' ');
	const found = target.evidence === undefined ? '' : ` (${plainText(target.evidence)})`;
	const context = target.contextLength === undefined ? '' : `, context ${integer(target.contextLength)} tokens`;
	const memory = bytes(host.memoryBytes);
	const labels = Object.entries(session.labels).map(([key, value]) => plainText(`${key}=${value}`));
	const goals = goalsText(asked.goals);
	return {
		kind: 'facts',
		tone: 'plain',
		facts: [
			{name: 'target', text: `${plainText(target.url)}, ${plainText(engine)}${found}`},
			...boxFact(session),
			...(target.model === undefined ? [] : [{name: 'model', text: `${plainText(target.model)}${context}`}]),
			{name: 'load', text: loadText(session, asked)},
			{name: 'workload', text: workloadText(asked)},
			...(goals === '' ? [] : [{name: 'goals', text: goals}]),
			{
				name: 'measured',
				text: `${plainText(session.startedAt)} on ${plainText(host.hostname)} (${plainText(
					`${host.platform} ${host.arch}`,
				)}, ${host.cores} cores, ${memory}), llmtop ${plainText(session.llmtop.version)}`,
			},
			...gpuFact(session),
			...(labels.length === 0 ? [] : [{name: 'labels', text: labels.join(', ')}]),
			...stateFacts(session),
		],
	};
}

/** Said early, because it changes how everything below is read. */
function stateFacts(session: Session): Fact[] {
	const facts: Fact[] = [];
	if (session.partial) facts.push({name: 'ended early', text: 'the run was stopped before it was complete'});
	if (session.recovered) {
		facts.push({
			name: 'recovered',
			text: 'rebuilt from the journal of a run that did not end; its last second may be missing',
		});
	}
	return facts;
}

function loadText(session: Session, asked: Asked): string {
	const levels = session.levels;
	const [first] = levels;
	if (first === undefined) return 'no level was finished';
	const numbers = [...new Set(levels.map(loadNumber))].join(', ');
	const many = numbers.includes(', ') ? 'sweep of ' : '';
	const limits = [
		...(asked.requests === undefined
			? []
			: [`${integer(asked.requests)} ${asked.requests === 1 ? 'request' : 'requests'} a level`]),
		...(asked.durationMs === undefined ? [] : [`${compact(asked.durationMs / 1000)} s a level`]),
		...(asked.warmup === undefined || asked.warmup === 0
			? []
			: [`${integer(asked.warmup)} warm-up ${asked.warmup === 1 ? 'request' : 'requests'}`]),
		...(asked.repeat === undefined || asked.repeat === 1 ? [] : [`each level ${asked.repeat} times`]),
		...(asked.stream === false ? ['whole responses, not streamed'] : []),
	];
	const what = modeText(first, many, numbers, asked);
	return limits.length === 0 ? what : `${what}; ${limits.join(', ')}`;
}

function modeText(first: Level, many: string, numbers: string, asked: Asked): string {
	const one = first.mode !== 'open' && first.concurrency === 1 && many === '';
	switch (first.mode) {
		case 'closed':
			return `closed loop, ${many}${numbers} ${one ? 'stream' : 'streams'} held open`;
		case 'burst':
			return `burst, ${many}${numbers} ${one ? 'request' : 'requests'} in the same instant`;
		case 'open':
			return `open loop, ${many}${numbers} requests/s on schedule${asked.arrival === undefined ? '' : ` (${plainText(asked.arrival)})`}`;
		default:
			return first.mode satisfies never;
	}
}

function workloadText(asked: Asked): string {
	const name = asked.workload === undefined ? 'not named' : plainText(asked.workload);
	const parts = [
		...(asked.source === undefined ? [] : [`method: ${plainText(asked.source)}`]),
		...(asked.maxTokens === undefined ? [] : [`at most ${integer(asked.maxTokens)} tokens`]),
		...(asked.temperature === undefined ? [] : [`temperature ${asked.temperature}`]),
		...(asked.cache === undefined
			? []
			: [`prompts ${asked.cache === 'warm' ? 'repeated (warm cache)' : 'unique (cold cache)'}`]),
		...(asked.seed === undefined ? [] : [`seed ${asked.seed}`]),
	];
	return parts.length === 0 ? name : `${name}; ${parts.join(', ')}`;
}

/** Client, cache and length: one line when all levels agree, else one for each value; reasons where it is not as wished. */
export function verdictFacts(session: Session): FactsBlock {
	const kinds = ['client', 'cache', 'length'] as const;
	const good: Record<(typeof kinds)[number], readonly string[]> = {
		client: ['ok'],
		cache: ['cold'],
		length: ['honoured', 'not asked'],
	};
	const facts = kinds.flatMap((kind) => {
		const groups = new Map<string, Level[]>();
		for (const level of session.levels) {
			const {value, reason} = level.verdicts[kind];
			const text = good[kind].includes(value) ? value : `${value}\u0000: ${plainText(reason)}`;
			groups.set(text, [...(groups.get(text) ?? []), level]);
		}
		return [...groups].map(([text, levels], index): Fact => {
			const [value = '', reason = ''] = text.split('\u0000');
			return {name: index === 0 ? kind : '', text: `${value}${places(levels, session.levels)}${reason}`};
		});
	});
	return {kind: 'facts', title: 'Verdicts', tone: 'plain', facts};
}

/** Where the counts of output tokens come from, and the estimates named as such. */
export function tokenSourceText(session: Session): string {
	const names = {
		usage: "the server's usage counts (exact)",
		engine: "the engine's own counts (exact)",
		tokenize: "the server's tokenizer (exact)",
		local: 'a local tokenizer (an estimate unless it is the model’s own)',
		events: 'the events of the stream (an estimate)',
	} as const;
	const sources = [...new Set(session.levels.map((level) => level.tokens.source))].filter(
		(source) => source !== undefined,
	);
	return sources.map((source) => names[source]).join(' and ');
}

/** Every cause of failure with its number, where it happened, and one example. Nothing when nothing failed. */
export function failureFacts(session: Session): FactsBlock[] {
	const facts = outcomes
		.filter((outcome) => outcome !== 'ok' && outcome !== 'aborted')
		.flatMap((outcome): Fact[] => {
			const hit = session.levels.filter((level) => (level.requests.byOutcome[outcome] ?? 0) > 0);
			if (hit.length === 0) return [];
			const total = hit.reduce((sum, level) => sum + (level.requests.byOutcome[outcome] ?? 0), 0);
			const example = firstError(hit, outcome);
			const error = example === undefined ? '' : `, for example: ${plainText(example)}`;
			return [
				{
					name: outcome,
					text: `${integer(total)} ${total === 1 ? 'request' : 'requests'}${places(hit, session.levels)}${error}`,
				},
			];
		});
	return facts.length === 0 ? [] : [{kind: 'facts', title: 'Failures', tone: 'bad', facts}];
}

function firstError(levels: readonly Level[], outcome: Outcome): string | undefined {
	for (const {records} of levels)
		for (const record of records) if (record.outcome === outcome && record.error !== undefined) return record.error;
	return undefined;
}

/** Warnings of the run, in order. */
export function noteFacts(session: Session): FactsBlock[] {
	if (session.notes.length === 0) return [];
	const facts = session.notes.map((note, index) => ({name: String(index + 1), text: plainText(note)}));
	return [{kind: 'facts', title: 'Notes', tone: 'plain', facts}];
}

/** Changes of concurrency by hand, which make a level's mean hard to compare; nothing where marks tell of them. */
export function changeFacts(session: Session): FactsBlock[] {
	if (session.marks !== undefined && session.marks.length > 0) return [];
	const facts = session.levels.flatMap((level) =>
		level.concurrencyChanges.map((change) => ({
			name: levelName(level),
			text: `${integer(change.concurrency)} streams from ${decimal(change.atMs / 1000, 1)} s on`,
		})),
	);
	return facts.length === 0 ? [] : [{kind: 'facts', title: 'Streams changed while it ran', tone: 'plain', facts}];
}

/** What was done by hand, and when: the clock of the session, which is that of its charts. */
export function markFacts(session: Session): FactsBlock[] {
	const {marks = []} = session;
	if (marks.length === 0) return [];
	const facts = marks.map(({atMs, text}) => ({name: clockTime(atMs), text: plainText(text)}));
	return [{kind: 'facts', title: 'Done by hand while it ran', tone: 'plain', facts}];
}
