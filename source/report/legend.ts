/** What the words in the tables mean in this very session. The full definitions are in the README. */

import type {Session} from '../snapshot.ts';
import type {Fact, FactsBlock} from './block.ts';
import {tokenSourceText} from './facts.ts';
import {outsideCountersMs, outsideEngineMs} from './level-values.ts';
import {levelsTable, marks} from './levels-table.ts';
import {pathLegend} from './path-table.ts';

export function legend(session: Session): FactsBlock {
	const {levels} = session;
	const columns = new Set(levelsTable(levels).columns.map((column) => column.title));
	const open = levels.some((level) => level.mode === 'open');
	const streamed = columns.has('TTFT p50');
	const kinds = new Set(levels.map((level) => level.throughput.headline));
	const counted = tokenSourceText(session);
	const facts: (Fact | undefined)[] = [
		{name: 'tok/s', text: `output tokens a second. ${[...kinds].sort().map(windowText).join('; ')}.`},
		counted === '' ? undefined : {name: 'tokens', text: `counted by ${counted}.`},
		columns.has('per stream')
			? {name: 'per stream', text: 'tokens a second of one stream after its first token, the median.'}
			: undefined,
		streamed ? {name: 'TTFT', text: ttftText(open)} : undefined,
		columns.has('lag p99')
			? {name: 'lag', text: 'how late requests left this machine, behind the schedule.'}
			: undefined,
		columns.has('TPOT p50')
			? {name: 'TPOT', text: 'mean time for each token after the first, of one request.'}
			: undefined,
		columns.has('gap p99') ? {name: 'gap', text: 'time between two events with tokens in one stream.'} : undefined,
		{
			name: 'E2E',
			text: streamed ? 'from the request sent to its last token.' : 'from the request sent to the end of the response.',
		},
		columns.has('open') ? {name: 'open', text: 'requests in flight, the mean over time.'} : undefined,
		columns.has('cut off')
			? {name: 'cut off', text: 'still open when the level ended; not in the latencies.'}
			: undefined,
		columns.has('dropped')
			? {name: 'dropped', text: 'not sent, because the limit of open requests was reached.'}
			: undefined,
		...counterLegend(levels),
		...pathLegend(levels),
		{name: '-', text: 'not known. p99 is shown from 100 samples on.'},
		levels.some((level) => level.verdicts.client.value === 'client-limited')
			? {
					name: marks.clientLimited,
					text: `client-limited: this machine${levels.some(({path}) => path !== undefined) ? ' or the way' : ''} set the number, not the server; do not compare it.`,
				}
			: undefined,
		levels.some((level) => level.partial) ? {name: marks.partial, text: 'the level was ended early.'} : undefined,
	];
	return {
		kind: 'facts',
		title: 'What the words mean',
		tone: 'quiet',
		facts: facts.filter((fact) => fact !== undefined),
	};
}

/** What the server's counters and the GPUs rest on, where a session has them. */
function counterLegend(levels: Session['levels']): Fact[] {
	const facts: Fact[] = [];
	if (levels.some(({counters}) => counters !== undefined)) {
		facts.push({
			name: 'counters',
			text: "the server's own, from a read before the level's first request to one after its last: all its clients count. Its means are exact, its p50 is interpolated between the bounds of a bucket.",
		});
	}
	const hasOthers = levels.some((level) => (outsideCountersMs(level) ?? 0) < 0);
	if (levels.some((level) => outsideCountersMs(level) !== undefined || outsideEngineMs(level) !== undefined)) {
		facts.push({
			name: 'outside',
			text: `mean TTFT here less the mean inside, so network, HTTP, and what waits before the engine counts${hasOthers ? '; below 0 where others than these requests count inside' : ''}.`,
		});
	}
	if (levels.some(({gpu}) => gpu?.energyJ !== undefined)) {
		facts.push({
			name: 'J, tok/J',
			text: 'energy of all GPUs: power over time by the trapezoid rule, about, since power is itself a mean; output tokens of the load for each joule in the same window.',
		});
	}
	return facts;
}

function windowText(kind: 'steady' | 'whole'): string {
	return kind === 'steady'
		? 'steady: while at least 95 % of the streams were open'
		: 'whole: all tokens ÷ time from the first request to the last token';
}

function ttftText(open: boolean): string {
	return open
		? 'time to first token, from the moment the schedule wanted the request (a wait in the client counts).'
		: 'time to first token, from the request handed to the kernel to the first event with a token.';
}
