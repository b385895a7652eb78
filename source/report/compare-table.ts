/** The levels of several machines: for each load one row a machine, so that a figure stands above that of the next. */

import {compact, integer, missing, plainText} from '../format.ts';
import type {ClientVerdict, Level} from '../snapshot.ts';
import {type ColumnOf, type TableBlock, tableOf} from './block.ts';
import type {ComparedKind, ComparedSession} from './compare.ts';
import {isRepeated, levelName} from './level-name.ts';
import {headline, headlineTtft, msOf} from './level-values.ts';
import {marks} from './levels-table.ts';

/** One machine at one load. */
export interface ComparedLevel {
	readonly load: string;
	readonly name: string;
	/** Absent: it did not get there. */
	readonly level?: Level;
	/** The same load on the first machine that got there. */
	readonly first?: Level;
	/** The first row of its load. */
	readonly leads: boolean;
}

/** Behind a ratio of which one side may not be the server's figure; compare-legend.ts explains it. */
export const doubtMark = '?';

/** All loads that any of them has, in the order of the first that has them. */
export function comparedLevels(measured: readonly ComparedSession[]): readonly ComparedLevel[] {
	const withRun = measured.some(({session}) => isRepeated(session.levels));
	const byMachine = measured.map(({name, session}) => ({
		name,
		levels: levelsByName(session.levels, withRun),
	}));
	const loads = new Set(byMachine.flatMap(({levels}) => [...levels.keys()]));
	return [...loads].flatMap((load) => {
		const first = byMachine.find(({levels}) => levels.has(load))?.levels.get(load);
		return byMachine.map(({name, levels}, place) => {
			const level = levels.get(load);
			return {
				load,
				name,
				leads: place === 0,
				...(level === undefined ? {} : {level}),
				...(first === undefined ? {} : {first}),
			};
		});
	});
}

/** A load that was stopped and started again by hand is there several times. */
function levelsByName(levels: readonly Level[], withRun: boolean): ReadonlyMap<string, Level> {
	const byName = new Map<string, Level>();
	for (const level of levels) {
		const name = levelName(level, {withRun});
		let free = name;
		for (let count = 2; byName.has(free); count++) free = `${name}, again${count > 2 ? ` (${count})` : ''}`;
		byName.set(free, level);
	}
	return byName;
}

/** Whether the ratio of two levels may say something of another thing than their servers. */
export function isDoubtful({level, first}: ComparedLevel): boolean {
	if (level === undefined || first === undefined) return false;
	const one: readonly ClientVerdict[] = [level.verdicts.client.value, first.verdicts.client.value];
	return one.some((value) => value !== 'ok') || level.throughput.headline !== first.throughput.headline;
}

export function compareTable(rows: readonly ComparedLevel[], kind: ComparedKind): TableBlock {
	const streamed = rows.some(({level}) => (level?.ttftMs.count ?? 0) > 0);
	const right = (title: string, rank: number, cell: (level: Level) => string): ColumnOf<ComparedLevel> => ({
		title,
		align: 'right',
		rank,
		optional: rank > 0,
		cell: ({level}) => (level === undefined ? missing : cell(level)),
	});
	const ratio = (title: string, rank: number, of: (level: Level) => number | undefined): ColumnOf<ComparedLevel> => ({
		title,
		align: 'right',
		rank,
		optional: rank > 0,
		cell: (row) => ratioCell(row, of),
	});
	const columns: ColumnOf<ComparedLevel>[] = [
		{title: 'load', align: 'left', rank: 0, cell: ({load, leads}) => (leads ? load : '')},
		{title: kind, align: 'left', rank: 0, cell: machineCell},
		right('ok', 2, (level) => integer(level.requests.ok)),
		right('fail', 1, (level) => integer(level.requests.failed)),
		right('tok/s', 0, rateOf),
		ratio('ratio', 0, (level) => headline(level).throughput?.outputTokensPerSecond),
		right('req/s', 6, (level) => compact(headline(level).throughput?.requestsPerSecond)),
		right('TTFT p50', 1, (level) => compact(headlineTtft(level).p50)),
		ratio('TTFT ratio', 8, (level) => headlineTtft(level).p50),
		right('TTFT p99', 3, (level) => compact(headlineTtft(level).p99)),
		right('TPOT p50', 4, (level) => compact(level.tpotMs.p50)),
		right('gap p50', 9, (level) => compact(msOf(level.gapUs.p50))),
		right('gap p99', 5, (level) => compact(msOf(level.gapUs.p99))),
		...(streamed ? [] : [right('E2E p50', 1, (level) => compact(level.e2eMs.p50))]),
		right('tok/J', 10, (level) => compact(level.gpu?.tokensPerJoule)),
		{title: 'client', align: 'left', rank: 7, cell: ({level}) => level?.verdicts.client.value ?? missing},
	];
	return tableOf('Side by side, times in ms', rows, columns, {main: true});
}

function machineCell({name, level}: ComparedLevel): string {
	const limited = level?.verdicts.client.value === 'client-limited' ? marks.clientLimited : '';
	const sign = `${limited}${level?.partial === true ? marks.partial : ''}`;
	return `${plainText(name)}${sign === '' ? '' : ` ${sign}`}`;
}

/** The headline with the window it was taken over: `1,498 steady`. */
function rateOf(level: Level): string {
	const {kind, throughput} = headline(level);
	if (throughput?.outputTokensPerSecond === undefined) return missing;
	return `${compact(throughput.outputTokensPerSecond)} ${kind.padEnd('steady'.length)}`;
}

function ratioCell(row: ComparedLevel, of: (level: Level) => number | undefined): string {
	const {level, first} = row;
	const [value, base] = [level && of(level), first && of(first)];
	if (value === undefined || base === undefined || base <= 0) return missing;
	return `${compact(value / base)}${level !== first && isDoubtful(row) ? doubtMark : ' '}`;
}
