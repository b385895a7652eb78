/** Several machines whose levels were run several times: the means, and whether they differ by more than the runs do. */

import {compact, integer, missing, plainText} from '../format.ts';
import type {Interval, Repeated} from '../snapshot.ts';
import {type ColumnOf, type TableBlock, tableOf} from './block.ts';
import type {ComparedKind, ComparedSession} from './compare.ts';
import {intervalText} from './detail-tables.ts';
import {runsName} from './level-name.ts';

interface ComparedMean {
	readonly load: string;
	readonly name: string;
	readonly mean: Repeated;
	/** That of the first machine that has this load. */
	readonly first: Repeated;
}

/** Nothing when each level was run once. */
export function compareMeans(measured: readonly ComparedSession[], kind: ComparedKind): TableBlock[] {
	const all = measured.flatMap(({name, session}) =>
		session.repeated.filter(({runs}) => runs > 1).map((mean) => ({load: runsName(mean), name, mean})),
	);
	const groups = Map.groupBy(all, ({load}) => load);
	const rows = [...groups.values()].flatMap((group) =>
		group.flatMap((one): ComparedMean[] => (group[0] === undefined ? [] : [{...one, first: group[0].mean}])),
	);
	if (rows.length === 0) return [];
	const right = (title: string, rank: number, cell: (mean: Repeated) => string): ColumnOf<ComparedMean> => ({
		title,
		align: 'right',
		rank,
		optional: rank > 0,
		cell: ({mean}) => cell(mean),
	});
	const columns: ColumnOf<ComparedMean>[] = [
		{title: 'load', align: 'left', rank: 0, cell: ({load, mean, first}) => (mean === first ? load : '')},
		{title: kind, align: 'left', rank: 0, cell: ({name}) => plainText(name)},
		right('runs', 2, ({runs}) => integer(runs)),
		right('tok/s', 0, ({outputTokensPerSecond}) => intervalText(outputTokensPerSecond)),
		{
			title: 'ratio',
			align: 'right',
			rank: 0,
			cell: ({mean, first}) => {
				const [value, base] = [mean.outputTokensPerSecond?.mean, first.outputTokensPerSecond?.mean];
				return value === undefined || base === undefined || base <= 0 ? missing : compact(value / base);
			},
		},
		{title: 'differs', align: 'left', rank: 1, cell: differenceText},
		right('TTFT p50', 3, ({ttftP50Ms}) => intervalText(ttftP50Ms)),
		right('TPOT p50', 4, ({tpotP50Ms}) => intervalText(tpotP50Ms)),
	];
	return [tableOf('Means of the runs ± 95 % confidence (Student), times in ms', rows, columns)];
}

/** Two intervals that do not meet differ by more than chance would have it; of those that do nothing is said. */
function differenceText({mean, first}: ComparedMean): string {
	if (mean === first) return '';
	const [one, other] = [boundsOf(mean.outputTokensPerSecond), boundsOf(first.outputTokensPerSecond)];
	if (one === undefined || other === undefined) return missing;
	return one.least > other.most || one.most < other.least ? 'yes' : 'not shown';
}

function boundsOf(interval: Interval | undefined): {least: number; most: number} | undefined {
	if (interval?.halfWidth === undefined) return undefined;
	return {least: interval.mean - interval.halfWidth, most: interval.mean + interval.halfWidth};
}
