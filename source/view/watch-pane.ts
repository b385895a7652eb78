/** A server that is watched without a load: its counters large, with their history, and what else it tells below them. */

import {missing} from '../format.ts';
import type {ServerReading, Snapshot} from '../snapshot.ts';
import {figure} from './figures.ts';
import {fitLine, type Line, lineWidth, span} from './line.ts';
import {type Area, ageText, calmLines, dimmed, exactly, flowing, type PaneOptions, paneTitle} from './pane.ts';
import {scaleEnd} from './scale.ts';
import {counterCharts} from './server-charts.ts';
import {factHeight, factLines, factsOf} from './server-facts.ts';
import {type Counter, countersOf, isServerStale, tellsAnything} from './server-figures.ts';
import {downLines, noteLines} from './server-notes.ts';
import {lookingText} from './servers-pane.ts';
import {sparkline} from './sparkline.ts';
import type {Symbols} from './symbols.ts';
import {fitText} from './text.ts';
import {hostOf, isLooking} from './watched.ts';

const title = 'SERVER';
/** What a person looks at first, in this order. */
const large = ['generated', 'running', 'waiting', 'KV cache'];
/** The highest sparklines; with more room than these need there are charts, which in a narrow pane need much more. */
const tallest = 3;
const tallestOfNarrow = 6;
const leastChart = 6;
const leastWidthOfTwo = 72;
const leastWidthOfFour = 140;
/** From this height on there is room for what it said when it started. */
const leastWithFacts = 24;
const nameWidth = 11;
/** Below this width the room of the units is better used for the history. */
const leastWithUnits = 50;
const valueWidth = 9;

/** Exactly `height` lines of `width` columns. */
export function watchLines(snapshot: Snapshot, area: Area, {symbols}: PaneOptions): Line[] {
	const {server, target} = snapshot;
	if (isLooking(snapshot)) return calmLines(title, lookingText(snapshot), area);
	if (server === undefined) return calmLines(title, 'Waiting for its first answer.', area);
	const {width, height} = area;
	const head = paneTitle(`${title} ${hostOf(target.url)}`, headFigures(server), width);
	const down = downLines(server, width);
	if (!tellsAnything(server)) return exactly([head, nothing(width)], area);
	const counters = countersOf(server);
	const main = large.flatMap((name) => counters.filter((counter) => counter.name === name && isTold(counter)));
	const charted = main.filter(hasHistory);
	const notes = noteLines(server, width, 2);
	const room = height - 1 - down.length;
	const wanted = Math.min(6, factHeight(factsOf(snapshot)));
	const facts =
		room >= leastWithFacts || main.length === 0 ? factLines(factsOf(snapshot), {width, height: wanted}) : [];
	/** What stands below: all that is not drawn above it. */
	const below = (drawn: readonly Counter[]) => [
		...otherLines(
			server,
			counters.filter((counter) => !drawn.includes(counter)),
			width,
		),
		...notes,
		...facts,
	];
	const chartRows = width >= leastWidthOfFour ? 1 : width >= leastWidthOfTwo ? 2 : 4;
	const belowCharts = below(charted);
	const forCharts = room - belowCharts.length;
	const belowMeters = below(main);
	const forMeters = Math.max(main.length, room - belowMeters.length);
	const lines =
		charted.length > 0 && forCharts >= chartRows * leastChart
			? [...counterCharts(charted, {width, height: forCharts}, {marks: [], symbols}), ...belowCharts]
			: [...meters(main, {width, height: forMeters}, symbols), ...belowMeters];
	return exactly([head, ...down, ...(isServerStale(server) || down.length > 0 ? dimmed(lines) : lines)], area);
}

function nothing(width: number): Line {
	return fitLine([span(' The server tells nothing of itself.', 'quiet')], width);
}

/** It has a value now, or had one. */
function isTold(counter: Counter): boolean {
	return counter.value !== missing || hasHistory(counter);
}

function hasHistory({series}: Counter): boolean {
	return series?.some((past) => past !== undefined) === true;
}

function headFigures(server: ServerReading): Line[] {
	return [isServerStale(server) ? [span(ageText(server.ageMs), 'warn')] : [], [span('its own counters', 'quiet')]];
}

/** A sparkline for each counter, as high as there is room for, and its value at their foot. */
function meters(counters: readonly Counter[], {width, height}: Area, symbols: Symbols): Line[] {
	const drawn = counters.filter(hasHistory);
	const room = height - (counters.length - drawn.length);
	return counters.flatMap((counter) => {
		const extra = drawn.indexOf(counter) < room % Math.max(1, drawn.length) ? 1 : 0;
		const shared = Math.floor(room / Math.max(1, drawn.length)) + extra;
		const most = width < leastWidthOfTwo ? tallestOfNarrow : tallest;
		const tall = hasHistory(counter) ? Math.max(1, Math.min(most, shared)) : 1;
		const start: Line = [
			span(` ${fitText(counter.name, nameWidth)}`, 'quiet'),
			span(fitText(counter.value, valueWidth, 'right'), counter.value === missing ? 'quiet' : counter.style),
			span(fitText(counter.sign, 1), counter.style),
			...(width < leastWithUnits
				? []
				: [span(` ${fitText(counter.value === missing ? '' : counter.unit, 7)}`, 'quiet')]),
		];
		const {series = []} = counter;
		const end = counter.end ?? scaleEnd(series);
		const area = {width: width - lineWidth(start) - 1, height: tall};
		const history = end === undefined ? [] : sparkline(series, {...area, end, symbols});
		return Array.from({length: tall}, (_, row) => {
			const left = row === tall - 1 ? start : [span(' '.repeat(lineWidth(start)))];
			return fitLine([...left, span(history[row] ?? '', 'accent')], width);
		});
	});
}

/** Latencies and counters, one after the other. */
function otherLines(server: ServerReading, counters: readonly Counter[], width: number): Line[] {
	const latencies = (
		[
			['TTFT', server.ttftMs],
			['gap', server.gapMs],
			['queue', server.queueMs],
		] as const
	).flatMap(([name, quantiles]): Line[] => {
		if (quantiles?.p50 === undefined && quantiles?.p99 === undefined) return [];
		const {p50, p99} = quantiles;
		return [
			[
				span(`${name} p50 `, 'quiet'),
				span(figure(p50), 'strong'),
				...(p99 === undefined ? [] : [span(' p99 ', 'quiet'), span(figure(p99))]),
				span(' ms', 'quiet'),
			],
		];
	});
	const rest = counters
		.filter(({value}) => value !== missing)
		.map((counter): Line => {
			const unit = counter.unit === '' ? [] : [span(` ${counter.unit}`, 'quiet')];
			return [span(`${counter.short} `, 'quiet'), span(counter.value + counter.sign, counter.style), ...unit];
		});
	const parts = [...latencies, ...rest];
	return parts.length === 0 ? [] : flowing(parts, width);
}
