/** Several sessions in one report, side by side at each level: of the same load on several machines, or any others. */

import type {Session} from '../snapshot.ts';
import type {Report} from './block.ts';
import {comparedFacts, differenceFacts, doubtFacts, loadFacts, lostFacts} from './compare-facts.ts';
import {compareLegend} from './compare-legend.ts';
import {compareMeans} from './compare-means.ts';
import {comparedLevels, compareTable} from './compare-table.ts';

/** What is compared: machines that had the same load, or sessions of whatever. */
export type ComparedKind = 'machine' | 'session';

/** What came of the load on one machine. */
export interface Compared {
	/** As the person named it, or the session's file; different from all others. */
	readonly name: string;
	/** Absent: nothing was measured. */
	readonly session?: Session;
	/** Why nothing was, as it was said; from outside. */
	readonly trouble?: string;
}

/** Of a machine on which something was measured. */
export interface ComparedSession {
	readonly name: string;
	readonly session: Session;
}

/** In the order in which they were loaded. Ratios are to the first that has a figure's level. */
export function compareReport(compared: readonly Compared[], kind: ComparedKind): Report {
	const measured = compared.flatMap(({name, session}) =>
		session === undefined || session.levels.length === 0 ? [] : [{name, session}],
	);
	const count = compared.length;
	const title =
		kind === 'machine' ? `llmtop: the same load on ${count} machines` : `llmtop: ${count} sessions side by side`;
	const [first] = measured;
	if (first === undefined) return {title, blocks: [comparedFacts(compared, kind)]};
	const levels = comparedLevels(measured);
	const tables = [compareTable(levels, kind), ...compareMeans(measured, kind)];
	return {
		title,
		blocks: [
			...loadFacts(measured, kind),
			comparedFacts(compared, kind),
			...tables,
			...differenceFacts(measured),
			...doubtFacts(measured),
			...lostFacts(measured),
			compareLegend(levels, {first: first.name, tables}),
		],
	};
}
