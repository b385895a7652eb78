/** Which streams the table shows and in which order: sorting, filtering, searching. Pure. */

import type {Snapshot, StreamRow, StreamState} from '../snapshot.ts';
import type {SortColumn, UiState} from './ui-state.ts';

/** How the table is sorted by one of its columns. */
interface Order {
	/** The column's name in the title. */
	readonly name: string;
	/** Absent where the stream has no such figure (yet). */
	readonly value: (row: StreamRow) => number | undefined;
	/** Which end comes first as long as nobody inverts it. */
	readonly largestFirst: boolean;
}

/** What needs a look comes first. */
const stateRanks: Readonly<Record<StreamState, number>> = {
	failed: 0,
	prefill: 1,
	decode: 2,
	queued: 3,
	done: 4,
	idle: 5,
};

const orders: Readonly<Record<SortColumn, Order>> = {
	stream: {name: 'number', value: (row) => row.stream, largestFirst: false},
	state: {name: 'state', value: (row) => stateRanks[row.state], largestFirst: false},
	tokens: {name: 'tokens', value: (row) => row.tokens, largestFirst: true},
	rate: {name: 'tok/s', value: (row) => row.tokensPerSecond, largestFirst: true},
	mean: {name: 'mean', value: (row) => row.meanTokensPerSecond, largestFirst: true},
	ttft: {name: 'TTFT', value: (row) => row.ttftMs, largestFirst: true},
	worst: {name: 'worst gap', value: (row) => row.worstGapMs, largestFirst: true},
	age: {name: 'age', value: (row) => row.ageMs, largestFirst: true},
};

/** `▼` when the largest comes first, `▲` when the smallest does. */
export function sortSign({column, inverted}: UiState['sort']): '▲' | '▼' {
	return orders[column].largestFirst === inverted ? '▲' : '▼';
}

/** The sort in words: `tok/s ▼`. */
export function sortText(sort: UiState['sort']): string {
	return `${orders[sort.column].name} ${sortSign(sort)}`;
}

/** The filter that holds now: the one that is being typed, else the chosen one. Absent when all rows are shown. */
export function filterOf({prompt, filter}: Pick<UiState, 'prompt' | 'filter'>): string | undefined {
	return nonBlank(prompt?.kind === 'filter' ? prompt.text : filter);
}

/** The search that holds now, likewise. */
export function searchOf({prompt, search}: Pick<UiState, 'prompt' | 'search'>): string | undefined {
	return nonBlank(prompt?.kind === 'search' ? prompt.text : search);
}

function nonBlank(text: string | undefined): string | undefined {
	return text === undefined || text.trim() === '' ? undefined : text;
}

/** The rows of the newest choice for each table: drawing and keys ask for the same rows several times a frame. */
const known = new WeakMap<readonly StreamRow[], {readonly choice: string; readonly rows: readonly StreamRow[]}>();

/**
 * The rows of the table: those that the filter lets through, in the order of the sort. Rows without the sorted figure
 * come last whichever way it is sorted; equal ones stay in the order of the snapshot.
 */
export function streamRows(
	{streams}: Pick<Snapshot, 'streams'>,
	ui: Pick<UiState, 'sort' | 'filter' | 'prompt'>,
): readonly StreamRow[] {
	const filter = filterOf(ui);
	const choice = JSON.stringify([ui.sort.column, ui.sort.inverted, filter]);
	const before = known.get(streams);
	if (before?.choice === choice) return before.rows;
	const shown = filter === undefined ? streams : streams.filter((row) => matches(row, filter));
	const rows = sorted(shown, ui.sort);
	known.set(streams, {choice, rows});
	return rows;
}

function sorted(rows: readonly StreamRow[], sort: UiState['sort']): readonly StreamRow[] {
	const {value} = orders[sort.column];
	const sign = sortSign(sort) === '▲' ? 1 : -1;
	const withValue: {readonly row: StreamRow; readonly value: number}[] = [];
	const without: StreamRow[] = [];
	for (const row of rows) {
		const own = value(row);
		if (own === undefined) without.push(row);
		else withValue.push({row, value: own});
	}
	withValue.sort((one, other) => sign * (one.value - other.value));
	return [...withValue.map(({row}) => row), ...without];
}

type Test = (row: StreamRow) => boolean;

/** The newest expression as a test: one expression is asked for row after row. */
let newest: {readonly expression: string; readonly test: Test} | undefined;

/**
 * Whether a row is meant by an expression. Words, all of which must hold, each of these, with `!` before it for the
 * opposite:
 *
 * - `state:failed`: the state begins so;
 * - `rate<20`, `ttft>500`, `worst>=100ms`, `tokens>1,000`, `age>30`, `mean<=40`, `stream:7`: the figure as the table
 *   shows it, in its unit or another that is named; `:` and `=` compare as many decimals as are written. A row without
 *   the figure holds no comparison;
 * - anything else: the stream's number begins so, or its state or the reason of its failure has it in it, in whichever
 *   case.
 *
 * A comparison without its value yet (`rate<`) and a lone `!` are still being typed and hold for every row.
 */
export function matches(row: StreamRow, expression: string): boolean {
	if (newest?.expression !== expression) newest = {expression, test: expressionTest(expression)};
	return newest.test(row);
}

/**
 * The next stream that matches, in the order of the rows, from the selected one on and round the end; the selected one
 * itself when it is the only one. Without a selected one, or when its row is not shown, from the first row (backwards:
 * the last). Absent when none matches.
 */
export function nextMatch(
	rows: readonly StreamRow[],
	expression: string,
	from: number | undefined,
	direction: 'forwards' | 'backwards',
): number | undefined {
	const inOrder = direction === 'forwards' ? rows : rows.toReversed();
	const place = inOrder.findIndex(({stream}) => stream === from) + 1;
	const isMatch = (row: StreamRow) => matches(row, expression);
	return (inOrder.slice(place).find(isMatch) ?? inOrder.slice(0, place).find(isMatch))?.stream;
}

function expressionTest(expression: string): Test {
	const tests = expression
		.trim()
		.toLowerCase()
		.split(/\s+/)
		.flatMap((word) => {
			const isNegated = word.startsWith('!');
			const test = wordTest(isNegated ? word.slice(1) : word);
			if (test === undefined) return [];
			return [isNegated ? (row: StreamRow) => !test(row) : test];
		});
	return (row) => tests.every((test) => test(row));
}

/** Absent for what is not a whole word of the language yet. */
function wordTest(word: string): Test | undefined {
	if (word === '') return undefined;
	const [, name = '', sign = '', value = ''] = /^([a-z#/]+)(<=|>=|[<>:=])(.*)$/.exec(word) ?? [];
	const isEquality = sign === ':' || sign === '=';
	const figure = figures.get(name);
	if (!(name === 'state' && isEquality) && figure === undefined) return plainTest(word);
	if (value === '') return undefined;
	if (figure === undefined) return (row) => row.state.startsWith(value);
	const limit = limitOf(value, figure);
	return limit === undefined ? plainTest(word) : comparison(figure, sign, limit);
}

function plainTest(text: string): Test {
	return ({stream, state, detail}) =>
		String(stream + 1).startsWith(text) || state.includes(text) || (detail?.toLowerCase().includes(text) ?? false);
}

/** A figure of the language, in the unit of the table. */
interface Figure {
	readonly value: (row: StreamRow) => number | undefined;
	/** What may stand after a number, and what one of it is in the unit of the table. */
	readonly units: Readonly<Record<string, number>>;
}

const rates: Figure['units'] = {'tok/s': 1, '/s': 1};
const milliseconds: Figure['units'] = {ms: 1, s: 1000, min: 60_000};
const rate: Figure = {value: orders.rate.value, units: rates};
const tokens: Figure = {value: orders.tokens.value, units: {tok: 1, tokens: 1}};
const streamNumber: Figure = {value: (row) => row.stream + 1, units: {}};

/** By the names that may be typed: those of the columns, and the same in short. */
const figures: ReadonlyMap<string, Figure> = new Map([
	['stream', streamNumber],
	['#', streamNumber],
	['tokens', tokens],
	['tok', tokens],
	['rate', rate],
	['tok/s', rate],
	['mean', {value: orders.mean.value, units: rates}],
	['ttft', {value: orders.ttft.value, units: milliseconds}],
	['worst', {value: orders.worst.value, units: milliseconds}],
	['age', {value: ({ageMs}) => (ageMs === undefined ? undefined : ageMs / 1000), units: {s: 1, ms: 0.001, min: 60}}],
]);

interface Limit {
	readonly value: number;
	/** The last digit that was written, in the unit of the table. */
	readonly step: number;
}

/** `1,000`, `47.2`, `2s`; absent when it is no number, or one of another unit. */
function limitOf(text: string, {units}: Figure): Limit | undefined {
	const [, digits, unit = ''] = /^((?:\d[\d,]*)?\.?\d+|\d[\d,]*\.)([a-z/]*)$/.exec(text) ?? [];
	const factor = unit === '' ? 1 : Object.hasOwn(units, unit) ? units[unit] : undefined;
	if (digits === undefined || factor === undefined) return undefined;
	const [, decimals = ''] = digits.split('.');
	return {value: Number(digits.replaceAll(',', '')) * factor, step: factor / 10 ** decimals.length};
}

function comparison({value}: Figure, sign: string, limit: Limit): Test {
	const holds: (own: number) => boolean =
		{
			'<': (own: number) => own < limit.value,
			'<=': (own: number) => own <= limit.value,
			'>': (own: number) => own > limit.value,
			'>=': (own: number) => own >= limit.value,
		}[sign] ?? ((own) => Math.round(own / limit.step) === Math.round(limit.value / limit.step));
	return (row) => {
		const own = value(row);
		return own !== undefined && holds(own);
	};
}
