/** What the words of a comparison mean in this very one. */

import {plainText} from '../format.ts';
import type {Fact, FactsBlock, TableBlock} from './block.ts';
import {type ComparedLevel, doubtMark, isDoubtful} from './compare-table.ts';
import {marks} from './levels-table.ts';

/** `tables`: those that are shown. */
export function compareLegend(
	rows: readonly ComparedLevel[],
	{first, tables}: {readonly first: string; readonly tables: readonly TableBlock[]},
): FactsBlock {
	const columns = new Set(tables.flatMap((table) => table.columns.map(({title}) => title)));
	const levels = rows.flatMap(({level}) => (level === undefined ? [] : [level]));
	const kinds = new Set(levels.map((level) => level.throughput.headline));
	const overWay = levels.some(({path}) => path !== undefined);
	const open = levels.some((level) => level.mode === 'open');
	const facts: (Fact | false)[] = [
		{
			name: 'tok/s',
			text: `output tokens a second. ${[
				...(kinds.has('steady') ? ['steady: while at least 95 % of the streams were open'] : []),
				...(kinds.has('whole') ? ['whole: all tokens ÷ time from the first request to the last token'] : []),
			].join('; ')}.`,
		},
		{name: 'ratio', text: `to ${plainText(first)}, or to the first that has the level: above 1 is more tok/s.`},
		columns.has('TTFT ratio') && {name: 'TTFT ratio', text: 'the same of the TTFT p50: above 1 is a longer wait.'},
		columns.has('TTFT p50') && {
			name: 'TTFT',
			text: open
				? 'time to first token, from the moment the schedule wanted the request.'
				: `time to first token, from the request handed to the kernel${overWay ? ', so the way to the machine is in it' : ''}.`,
		},
		columns.has('TPOT p50') && {name: 'TPOT', text: 'mean time for each token after the first, of one request.'},
		(columns.has('gap p50') || columns.has('gap p99')) && {
			name: 'gap',
			text: 'time between two events with tokens in one stream.',
		},
		columns.has('tok/J') && {name: 'tok/J', text: 'output tokens for each joule of all GPUs of the machine.'},
		columns.has('differs') && {
			name: 'differs',
			text: 'in tok/s from the first by more than the runs themselves do: the intervals do not meet.',
		},
		{name: '-', text: 'not known, or not measured. p99 is shown from 100 samples on.'},
		rows.some(isDoubtful) && {
			name: doubtMark,
			text: 'one of the two is not client ok, or its tok/s is of another window: the ratio may not be that of the servers.',
		},
		levels.some((level) => level.verdicts.client.value === 'client-limited') && {
			name: marks.clientLimited,
			text: 'client-limited: who measured, or the way there, set the number; do not compare it.',
		},
		levels.some((level) => level.partial) && {name: marks.partial, text: 'the level was ended early.'},
	];
	return {kind: 'facts', title: 'What the words mean', tone: 'quiet', facts: facts.filter((fact) => fact !== false)};
}
