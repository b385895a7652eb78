/** What the server's own counters say of a level, beside what was measured here. */

import {compact, integer, missing, percent} from '../format.ts';
import type {Level, LevelCounters, Session} from '../snapshot.ts';
import {type ColumnOf, type Fact, type FactsBlock, type TableBlock, tableOf} from './block.ts';
import {isRepeated, levelName, places} from './level-name.ts';
import {msOf, outsideCountersMs} from './level-values.ts';

type Cell = (counters: LevelCounters, level: Level) => string;

/** Absent where nothing is counted, and where the server was started anew between the two reads. */
function countersOf(level: Level): LevelCounters | undefined {
	return level.counters?.restarted === false ? level.counters : undefined;
}

function columnsFor(
	session: Session,
	columns: readonly (readonly [title: string, rank: number, cell: Cell])[],
): ColumnOf<Level>[] {
	const withRun = isRepeated(session.levels);
	return [
		{title: 'load', align: 'left', rank: 0, cell: (level) => levelName(level, {withRun})},
		...columns.map(
			([title, rank, cell]): ColumnOf<Level> => ({
				title,
				align: 'right',
				rank,
				optional: true,
				cell: (level) => {
					const counters = countersOf(level);
					return counters === undefined ? missing : cell(counters, level);
				},
			}),
		),
	];
}

/** Its latencies beside ours, and its counts; nothing for servers without counters. */
export function counterTables(session: Session): TableBlock[] {
	const levels = session.levels.filter((level) => level.counters !== undefined);
	if (!levels.some((level) => countersOf(level) !== undefined)) return [];
	return [
		tableOf('Inside the server, from its counters over the same time, in ms', levels, columnsFor(session, latencies)),
		tableOf('What the server counted over the same time', levels, columnsFor(session, counts)),
	].filter(({columns}) => columns.length > 1);
}

const latencies: readonly (readonly [string, number, Cell])[] = [
	['TTFT mean', 2, ({ttftMs}) => compact(ttftMs?.mean)],
	['here', 2, ({ttftMs}, level) => (ttftMs?.mean === undefined ? missing : compact(level.ttftMs.mean))],
	['outside the engine', 1, (_, level) => compact(outsideCountersMs(level))],
	['TTFT p50', 3, ({ttftMs}) => compact(ttftMs?.p50)],
	['p50 here', 3, ({ttftMs}, level) => (ttftMs?.p50 === undefined ? missing : compact(level.ttftMs.p50))],
	['queue mean', 4, ({queueMs}) => compact(queueMs?.mean)],
	['gap mean', 5, ({gapMs}) => compact(gapMs?.mean)],
	['gap here', 5, ({gapMs}, level) => (gapMs?.mean === undefined ? missing : compact(msOf(level.gapUs.mean)))],
	['E2E mean', 6, ({e2eMs}) => compact(e2eMs?.mean)],
];

const counts: readonly (readonly [string, number, Cell])[] = [
	['tokens', 1, ({generationTokens}) => integer(generationTokens)],
	[
		'tokens here',
		1,
		({generationTokens}, {tokens}) => (generationTokens === undefined ? missing : integer(tokens.output)),
	],
	['requests', 5, ({requests}) => integer(requests)],
	['preempted', 2, ({preemptions}) => integer(preemptions)],
	['prefix hits', 4, ({prefixCacheHitRatio}) => percent(prefixCacheHitRatio)],
	['KV at most', 3, ({mostKvCacheUsage}) => percent(mostKvCacheUsage)],
	['running at most', 6, ({mostRunning}) => integer(mostRunning)],
	['waiting at most', 4, ({mostWaiting}) => integer(mostWaiting)],
	['draft acceptance', 7, ({draftAcceptance}) => percent(draftAcceptance)],
	['prompt tokens', 8, ({promptTokens}) => integer(promptTokens)],
];

/** Whether it counted as many tokens as were received here, and what passed outside it. Nothing without counters. */
export function counterFacts(session: Session): FactsBlock[] {
	const facts = [...ttftFacts(session), ...tokenFacts(session), ...restartFacts(session)];
	return facts.length === 0 ? [] : [{kind: 'facts', title: 'The server beside this machine', tone: 'plain', facts}];
}

/** In words where there is one level; of several the table tells. */
function ttftFacts({levels}: Session): Fact[] {
	const [level] = levels;
	if (level === undefined || levels.length > 1) return [];
	const inside = countersOf(level)?.ttftMs?.mean;
	const here = level.ttftMs.mean;
	if (inside === undefined || here === undefined) return [];
	const both = `mean ${compact(inside)} ms inside, ${compact(here)} here`;
	const rest =
		here < inside ? 'it counts requests that do not count here' : `${compact(here - inside)} ms outside the engine`;
	return [{name: 'TTFT', text: `${both}: ${rest}`}];
}

function tokenFacts({levels}: Session): Fact[] {
	const told = levels.filter((level) => countersOf(level)?.generationTokens !== undefined);
	const equal = told.filter((level) => tokensMore(level) === 0);
	const [only] = equal;
	const all =
		only !== undefined && levels.length === 1
			? `the server counted ${integer(only.tokens.output)}, and so did we`
			: `the server counted as many as we did${places(equal, levels)}`;
	const facts = equal.length === 0 ? [] : [all];
	const others = told.filter((level) => tokensMore(level) !== 0).map((level) => differenceText(level, levels));
	return [...facts, ...others].map((text, index) => ({name: index === 0 ? 'tokens' : '', text}));
}

/** Tokens that the server counted and we did not; negative when we counted more. */
function tokensMore(level: Level): number {
	return (countersOf(level)?.generationTokens ?? 0) - level.tokens.output;
}

function differenceText(level: Level, all: readonly Level[]): string {
	const more = tokensMore(level);
	const here = level.tokens.output;
	const place = all.length === 1 ? '' : ` at ${levelName(level, {withRun: isRepeated(all)})}`;
	const difference = `${integer(Math.abs(more))} ${more > 0 ? 'more' : 'fewer'} there`;
	const reasons = reasonsFor(level, more).join(', or ');
	return `the server counted ${integer(here + more)}${place}, we ${integer(here)}: ${difference}, perhaps ${reasons}`;
}

/** What a difference may mean, the likeliest first. */
function reasonsFor({requests, tokens}: Level, more: number): string[] {
	const isEstimate = tokens.source === 'events' || tokens.source === 'local';
	const wereCut = requests.incomplete + requests.failed > 0;
	return [
		...(isEstimate ? ['because our count is an estimate'] : []),
		...(more > 0 && wereCut ? ['for streams that were cut off or failed'] : []),
		...(more > 0 ? ['for other clients of the server'] : []),
		...(more < 0 && !isEstimate ? ['because its counter was not yet brought up to date when it was read'] : []),
	];
}

function restartFacts({levels}: Session): Fact[] {
	const restarted = levels.filter((level) => level.counters?.restarted === true);
	if (restarted.length === 0) return [];
	return [
		{name: 'restart', text: `the server was started anew${places(restarted, levels)}: its counters tell nothing there`},
	];
}
