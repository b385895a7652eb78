/** The server's own latencies beside ours, and what the difference of the two says. */

import type {Quantiles, Snapshot} from '../snapshot.ts';
import {figure, figuresOf} from './figures.ts';
import {fitLine, type Line, span, titleLine} from './line.ts';
import type {Area} from './pane.ts';
import {isTold, ttftSentence} from './server-figures.ts';
import {fitText} from './text.ts';

interface Row {
	readonly name: string;
	readonly inside: Quantiles | undefined;
	/** Absent for what only the server can know. */
	readonly here: Quantiles | undefined;
}

function rowsOf(snapshot: Snapshot): Row[] {
	const {server} = snapshot;
	const ours = figuresOf(snapshot);
	return [
		{name: 'TTFT ms', inside: server?.ttftMs, here: ours?.ttftMs},
		{name: 'gap ms', inside: server?.gapMs, here: ours?.gapMs},
		{name: 'queue ms', inside: server?.queueMs, here: undefined},
	].filter(({inside}) => isTold(inside));
}

/** Lines that they want, with a title; 0 when the server tells none. */
export function latencyHeight(snapshot: Snapshot): number {
	const rows = rowsOf(snapshot).length;
	return rows === 0 ? 0 : 2 + rows + (ttftSentence(snapshot, 0) === undefined ? 0 : 1);
}

/** At most `height` lines of `width` columns; in few lines the sentence comes first. */
export function serverLatencyLines(snapshot: Snapshot, {width, height}: Area): Line[] {
	const rows = rowsOf(snapshot);
	if (rows.length === 0 || height < 1) return [];
	const sentence = ttftSentence(snapshot, width - 1);
	const said: Line[] = sentence === undefined ? [] : [fitLine([span(` ${sentence}`)], width)];
	const room = height - said.length;
	if (room < 2) return said;
	const withTitle = room >= 2 + rows.length;
	return [
		...(withTitle ? [titleLine('LATENCY', [span('inside: its last seconds, here: this level', 'quiet')], width)] : []),
		headLine(width),
		...rows.slice(0, room - (withTitle ? 2 : 1)).map((row) => rowLine(row, width)),
		...said,
	];
}

const nameWidth = 10;
const cellWidth = 9;
const quantiles = ['p50', 'p99'] as const;
const sides = ['inside', 'here'] as const;

/** `p50 inside`, `here`, `p99 inside`, `here`. */
function headLine(width: number): Line {
	const titles = quantiles.flatMap((quantile) => [`${quantile} inside`, 'here']);
	const cells = titles.map((title, place) => fitText(title, cellWidth + (place % 2 === 0 ? 3 : 0), 'right'));
	return fitLine([span(' '.repeat(nameWidth) + cells.join(''), 'quiet')], width);
}

function rowLine(row: Row, width: number): Line {
	const cells = quantiles.flatMap((quantile) =>
		sides.map((side) => {
			const text = fitText(figure(row[side]?.[quantile]), cellWidth + (side === 'inside' ? 3 : 0), 'right');
			return span(text, side === 'inside' && quantile === 'p50' ? 'strong' : undefined);
		}),
	);
	return fitLine([span(` ${fitText(row.name, nameWidth - 1)}`, 'quiet'), ...cells], width);
}
