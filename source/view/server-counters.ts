/** The server's counters: a line each with their history, or several in a line. */

import {missing} from '../format.ts';
import {fitLine, type Line, lineWidth, span} from './line.ts';
import {meterBar} from './meter.ts';
import {flowing} from './pane.ts';
import {scaleEnd} from './scale.ts';
import type {Counter} from './server-figures.ts';
import {sparkline} from './sparkline.ts';
import type {Symbols} from './symbols.ts';
import {fitText} from './text.ts';

const nameWidth = 12;
const valueWidth = 8;
const unitWidth = 6;
const barWidth = 16;
/** A history of fewer seconds than this says little. */
const leastHistory = 8;
/** Shorter lines of several counters have no bars. */
const leastBarLine = 40;

/** Name, value, a bar for a share, and at the right the last seconds: exactly `width` columns. */
export function counterLine(counter: Counter, width: number, symbols: Symbols): Line {
	const start: Line = [
		span(` ${fitText(counter.name, nameWidth)}`, 'quiet'),
		span(fitText(counter.value, valueWidth, 'right'), counter.value === missing ? 'quiet' : counter.style),
		span(fitText(counter.sign, 1), counter.style),
		span(` ${fitText(counter.value === missing ? '' : counter.unit, unitWidth)}`, 'quiet'),
	];
	const free = width - lineWidth(start) - 1;
	const hasBars = free >= barWidth;
	const withBar = hasBars ? [...start, ...meterBar(counter.ratio, barWidth, symbols)] : start;
	const room = free - (hasBars ? barWidth + 2 : 0);
	const {series} = counter;
	const end = series === undefined ? undefined : (counter.end ?? scaleEnd(series));
	if (series === undefined || end === undefined || room < leastHistory) return fitLine(withBar, width);
	const history = sparkline(series, {width: room, height: 1, end, symbols})[0] ?? '';
	return fitLine([...withBar, span('  '), span(history, 'accent')], width);
}

/**
 * The counters that are known, one after the other over at most `height` lines of `width` columns. When they are too
 * many the last are left out; those that warn stay longest, longer than the bars.
 */
export function counterLines(
	counters: readonly Counter[],
	{width, height}: {width: number; height: number},
	symbols: Symbols,
): Line[] {
	let shown = counters.filter(({value}) => value !== missing);
	let withBars = width >= leastBarLine;
	for (;;) {
		const lines = flowing(
			shown.map((counter) => inText(counter, withBars ? Math.min(20, Math.floor(width / 5)) : 0, symbols)),
			width,
		);
		if (lines.length <= height || (shown.length <= 1 && !withBars)) return lines;
		const least = shown.findLast(({sign}) => sign === '');
		if (least === undefined && withBars) withBars = false;
		else shown = least === undefined ? shown.slice(0, -1) : shown.filter((counter) => counter !== least);
	}
}

/** `KV 61% █████▊····`, `waiting 3!`, `prompt 412 tok/s`. */
function inText(counter: Counter, barWidth: number, symbols: Symbols): Line {
	const unit = counter.unit === '' ? [] : [span(` ${counter.unit}`, 'quiet')];
	const hasBar = barWidth > 0 && counter.ratio !== undefined && counter.series !== undefined;
	const bar = hasBar ? [span(' '), ...meterBar(counter.ratio, barWidth, symbols)] : [];
	return [span(`${counter.short} `, 'quiet'), span(counter.value + counter.sign, counter.style), ...unit, ...bar];
}
