/** The pane of the load: tokens a second, requests, and in small terminals TTFT and gap as well. */

import {integer} from '../format.ts';
import type {Quantiles, SeriesPoint, Snapshot} from '../snapshot.ts';
import {timeChart} from './chart.ts';
import {estimate, type Figures, figure, figuresOf, openRequests} from './figures.ts';
import {loadName} from './level-words.ts';
import {apart, fitLine, joined, type Line, lineWidth, type Style, span, titleLine} from './line.ts';
import {roundTrip} from './link-words.ts';
import {type Area, exactly} from './pane.ts';
import {scaleEnd} from './scale.ts';
import {sparkline} from './sparkline.ts';
import type {Symbols} from './symbols.ts';
import {fitText, outside, textWidth} from './text.ts';

/** Exactly `height` lines of `width` columns: a chart from 9 lines on, a line for each figure below that. */
export function loadLines(snapshot: Snapshot, area: Area, symbols: Symbols): Line[] {
	const figures = figuresOf(snapshot);
	if (area.height >= leastChart) return chartLines(snapshot, figures, area, symbols);
	const meters = meterLines(figures, area.width, symbols);
	const title = titleLine(loadTitle(figures), [], area.width);
	const lines = area.height > meters.length ? [title, ...meters] : byImportance(meters, area.height);
	return exactly(lines, area);
}

/** Title, chart with its axes, requests. */
const leastChart = 9;

/** As many of the four meters as there is room for, in their order: the gap goes first, then TTFT, then the requests. */
function byImportance(meters: readonly Line[], height: number): Line[] {
	const kept = new Set([0, 3, 1, 2].slice(0, height));
	return meters.filter((_, index) => kept.has(index));
}

function loadTitle(figures: Figures | undefined): string {
	if (figures?.ended !== true) return 'LOAD';
	const number = figures.concurrency ?? figures.rate;
	return number === undefined ? 'LOAD, last level' : `LOAD, result of ${loadName(figures.mode, number)}`;
}

/** Of the chart: the unit, and whose result it is where there is room beside the figures. */
function chartTitle(figures: Figures | undefined, width: number): string {
	const name = loadTitle(figures);
	const titles = [name.replace('LOAD', 'LOAD tok/s'), name, 'LOAD, result'];
	return titles.find((title) => textWidth(title) + titleRule <= width) ?? 'LOAD';
}

/** What a title with figures has besides: blanks, and a little of its rule. */
const titleRule = 8;

/** TTFT of each second, ms. */
export function ttftSeries(series: readonly SeriesPoint[]): (number | undefined)[] {
	return series.map((point) => point.ttftP50Ms);
}

/** Gap of each second, ms: the p99, for it is the stalls that one wants to see. */
export function gapSeries(series: readonly SeriesPoint[]): (number | undefined)[] {
	return series.map((point) => (point.gapP99Us === undefined ? undefined : point.gapP99Us / 1000));
}

interface Cell {
	readonly value: string;
	readonly word: string;
	readonly style?: Style;
}

/** Four lines: three figures with a sparkline in the rest, and the requests. */
function meterLines(figures: Figures | undefined, width: number, symbols: Symbols): Line[] {
	const series = figures?.series ?? [];
	const meter = (
		name: string,
		cells: readonly Cell[],
		values: readonly (number | undefined)[],
		more: Line = [],
	): Line => {
		const start = [...meterStart(name, cells, width), ...more];
		const room = width - lineWidth(start) - 2;
		const end = scaleEnd(values);
		const spark = end === undefined ? '' : (sparkline(values, {width: room, height: 1, end, symbols})[0] ?? '');
		return fitLine([...start, span(' '), span(spark, 'accent')], width);
	};
	return [
		meter(
			'tok/s',
			rateCells(figures),
			series.map((point) => point.tokens),
		),
		meter('TTFT ms', quantileCells(figures?.ttftMs, 'max'), ttftSeries(series), wayPart(figures, width)),
		meter('gap ms', quantileCells(figures?.gapMs, 'worst'), gapSeries(series)),
		requestLine(figures, width),
	];
}

/** How much of it the way to the server's machine takes, where there is room. */
function wayPart(figures: Figures | undefined, width: number): Line {
	if (figures?.wayMs === undefined || width < leastWithWay) return [];
	return [span(` ${roundTrip(figures.wayMs)}`), span(' way ', 'quiet')];
}

/** Below this width the round trip stands in the header only. */
const leastWithWay = 76;
const nameWidth = 8;

/** A name and its figures, each with a word after it, in columns. */
function meterStart(name: string, cells: readonly Cell[], width: number): Line {
	const [valueWidth, wordWidth] = meterWidths(width);
	return [
		span(` ${fitText(name, nameWidth)}`, 'quiet'),
		...cells.flatMap(({value, word, style}) => [
			span(`${fitText(value, valueWidth, 'right')} `, style),
			span(fitText(word, wordWidth), 'quiet'),
		]),
	];
}

function meterWidths(width: number): readonly [value: number, word: number] {
	return width >= 70 ? [9, 6] : [7, 5];
}

function rateCells(figures: Figures | undefined): Cell[] {
	const rate = (value: number | undefined) => estimate(figure(value), figures?.estimated ?? false);
	return [
		{value: rate(figures?.tokensPerSecond), word: 'now', style: 'strong'},
		{value: rate(figures?.meanTokensPerSecond), word: 'mean'},
		{value: rate(figures?.eachTokensPerSecond), word: 'each'},
	];
}

function quantileCells(quantiles: Quantiles | undefined, most: 'max' | 'worst'): Cell[] {
	return [
		{value: figure(quantiles?.p50), word: 'p50', style: 'strong'},
		{value: figure(quantiles?.p99), word: 'p99'},
		{value: figure(quantiles?.max), word: most},
	];
}

/** Title with the rates, chart of tokens a second, and the requests under it. */
function chartLines(snapshot: Snapshot, figures: Figures | undefined, {width, height}: Area, symbols: Symbols): Line[] {
	const figuresOfTitle = joined(
		rateCells(figures)
			.filter(({value}) => value !== '-')
			.map(({value, word, style}) => [span(value, style), span(` ${word}`, 'quiet')]),
		'  ',
	);
	const isEnded = figures?.ended === true;
	const values = (figures?.series ?? []).map((point) => point.tokens);
	const plotArea = {width, height: height - 2};
	const lines = values.some((value) => value > 0)
		? timeChart(values, {...plotArea, newest: isEnded ? 'end' : 'now', symbols, marks: marksOf(figures)})
		: calm(snapshot, plotArea);
	return [
		titleLine(chartTitle(figures, width - lineWidth(figuresOfTitle)), figuresOfTitle, width),
		...lines,
		requestLine(figures, width),
	];
}

/** The words of a mark may come from a session file, and so from outside. */
function marksOf(figures: Figures | undefined): {at: number; text: string}[] {
	return (figures?.marks ?? []).map(({at, text}) => ({at, text: outside(text)}));
}

/** One quiet sentence where the chart will be. */
function calm(snapshot: Snapshot, {width, height}: Area): Line[] {
	const text = snapshot.phase === 'opening' ? 'opening connections' : 'no token yet';
	return Array.from({length: height}, (_, row) =>
		fitLine(row === Math.floor(height / 2) ? [span(`      ${text}`, 'quiet')] : [], width),
	);
}

/** How the requests ended so far, of how many (where there is room), and how many are open. The first figure stands under those above. */
function requestLine(figures: Figures | undefined, width: number): Line {
	const isAskedShown = figures?.requestsAsked !== undefined && width >= 66;
	const asked = isAskedShown ? ` of ${integer(figures.requestsAsked)}` : '';
	const [ok, ...others] = requestCells(figures);
	const cell = ({value, word, style}: Cell): Line => [span(value, style), span(` ${word}`, style ?? 'quiet')];
	const counts = [[span(ok.value, ok.style), span(` ${ok.word}${asked}`, 'quiet')], ...others.map(cell)];
	const open = figures === undefined ? undefined : openRequests(figures);
	return apart(
		[
			span(` ${fitText('requests', nameWidth)}`, 'quiet'),
			span(' '.repeat(Math.max(1, meterWidths(width)[0] - ok.value.length))),
			...joined(counts, '  '),
		],
		open === undefined ? [] : [span('open ', 'quiet'), span(open, 'strong'), span(' ')],
		width,
	);
}

/** What became of the requests; dropped ones, which only an open loop has, when there are any. */
function requestCells(figures: Figures | undefined): [ok: Cell, ...others: Cell[]] {
	const requests = figures?.requests;
	const bad = (count: number | undefined) => (count === undefined || count === 0 ? {} : {style: 'bad' as const});
	const dropped = requests?.dropped ?? 0;
	return [
		{value: integer(requests?.ok), word: 'ok', style: 'strong'},
		{value: integer(requests?.failed), word: 'failed', ...bad(requests?.failed)},
		...(dropped > 0 ? [{value: integer(dropped), word: 'dropped', ...bad(dropped)}] : []),
		{value: integer(requests?.incomplete), word: 'cut off'},
	];
}
