/** What the server says of itself: a screen of its own, and a small form for the overview. */

import {missing} from '../format.ts';
import type {ServerReading, Snapshot} from '../snapshot.ts';
import {type Line, span} from './line.ts';
import {type Area, ageText, beside, calmLines, dimmed, exactly, type PaneOptions, paneTitle} from './pane.ts';
import {counterCharts, marksIn} from './server-charts.ts';
import {counterLine, counterLines} from './server-counters.ts';
import {factHeight, factLines, factsOf} from './server-facts.ts';
import {type Counter, countersOf, isServerStale, tellsAnything, ttftSentence} from './server-figures.ts';
import {latencyHeight, serverLatencyLines} from './server-latency.ts';
import {downLines, noteLines} from './server-notes.ts';
import {partLines, partsHeight} from './server-parts.ts';
import {symbolsOf} from './symbols.ts';

const title = 'SERVER';
const nothing = 'The server tells nothing of itself.';
const notYet = 'The server is starting: its counters come when it is ready.';
/** Lines that notes may take. */
const mostNotes = 3;
/** Below this the charts of the counters would not be drawn. */
const leastCharts = 6;

/** From here on counters and latencies stand beside each other. */
const twoColumns = 120;

/** The screen of the server: exactly `height` lines of `width` columns. */
export function serverLines(snapshot: Snapshot, area: Area, options: PaneOptions): Line[] {
	const server = readingOf(snapshot);
	if (server === undefined) return calmLines(title, snapshot.phase === 'starting' ? notYet : nothing, area);
	const counters = listedCounters(server);
	const {width, height} = area;
	if (height <= counters.length) return serverMeterLines(snapshot, area, options);
	const least = 1 + counters.length + wordLines(server, width).length;
	const parts = partLines(server, {width, height: Math.min(partsHeight(server, width), height - least)});
	const rest = {width, height: height - parts.length};
	const top =
		width >= twoColumns ? wideTop(snapshot, server, rest, options) : narrowTop(snapshot, server, rest, options);
	const room = {width, height: rest.height - top.length};
	const charts =
		room.height < leastCharts
			? []
			: counterCharts(counters, room, {marks: marksIn(snapshot), symbols: options.symbols});
	return exactly([...top, ...shaded(server, [...parts, ...charts])], area);
}

/** All counters, known or not; none of a server that says why it tells none. */
function listedCounters(server: ServerReading): Counter[] {
	const counters = countersOf(server);
	const isSilent = counters.every(({value}) => value === missing);
	return isSilent && (server.down !== undefined || (server.notes ?? []).length > 0) ? [] : counters;
}

function wordLines(server: ServerReading, width: number): Line[] {
	return [...downLines(server, width), ...noteLines(server, width, mostNotes)];
}

/** Counters, latencies and facts one below the other. */
function narrowTop(snapshot: Snapshot, server: ServerReading, {width, height}: Area, {symbols}: PaneOptions): Line[] {
	const words = wordLines(server, width);
	const lines = listedCounters(server).map((counter) => counterLine(counter, width, symbols));
	const room = () => height - 1 - words.length - lines.length;
	lines.push(...serverLatencyLines(snapshot, {width, height: room()}));
	lines.push(...factLines(factsOf(snapshot), {width, height: room()}));
	return [paneHead(server, width), ...words, ...shaded(server, lines)];
}

/** Counters at the left, latencies and facts at the right; no more than half of the screen when that is enough for the counters. */
function wideTop(snapshot: Snapshot, server: ServerReading, area: Area, {symbols}: PaneOptions): Line[] {
	const left = Math.floor((area.width - 1) / 2);
	const width = area.width - 1 - left;
	const counters = listedCounters(server).map((counter) => counterLine(counter, left, symbols));
	const words = wordLines(server, left);
	const least = 1 + words.length + counters.length;
	const wanted = latencyHeight(snapshot) + factHeight(factsOf(snapshot));
	const height = Math.max(least, Math.min(wanted, Math.floor(area.height / 2)));
	const latencies = serverLatencyLines(snapshot, {width, height});
	const facts = factLines(factsOf(snapshot), {width, height: height - latencies.length});
	return beside([
		{lines: [paneHead(server, left), ...words, ...shaded(server, counters)], width: left},
		{lines: shaded(server, [...latencies, ...facts]), width},
	]);
}

/** The small form for the overview: exactly `height` lines of `width` columns; at height 1 without a title. */
export function serverMeterLines(snapshot: Snapshot, area: Area, {symbols}: PaneOptions): Line[] {
	const server = readingOf(snapshot);
	if (server === undefined) return calmLines(title, nothing, area);
	const {width, height} = area;
	const room = Math.max(1, height - 1);
	const [down] = downLines(server, width);
	if (down !== undefined) return exactly(height === 1 ? [down] : [paneHead(server, width), down], area);
	const lines = counterLines(countersOf(server), {width, height: room}, symbols);
	const sentence = ttftSentence(snapshot, width - 1);
	if (sentence !== undefined && lines.length < room) lines.push([span(` ${sentence}`)]);
	if (lines.length === 0) lines.push(...noteLines(server, width, room));
	const drawn = shaded(server, lines);
	return exactly(height === 1 ? drawn : [paneHead(server, width), ...drawn], area);
}

/**
 * Lines that the small form wants, with its title; 0 when the server tells nothing. It can be drawn at any height from
 * 1 on.
 */
export function serverMeterHeight(snapshot: Snapshot, width: number): number {
	const server = readingOf(snapshot);
	if (server === undefined) return 0;
	if (width >= wide || server.down !== undefined) return 2;
	const lines = counterLines(countersOf(server), {width, height: 3}, symbolsOf('block')).length;
	return 1 + Math.max(1, lines) + (ttftSentence(snapshot, 0) === undefined ? 0 : 1);
}

/** From here on one line of counters is enough for the overview. */
const wide = 70;

/** The reading, when there is something in it. */
function readingOf({server}: Snapshot): ServerReading | undefined {
	return server === undefined || !tellsAnything(server) ? undefined : server;
}

function paneHead(server: ServerReading, width: number): Line {
	const age = isServerStale(server) ? [span(ageText(server.ageMs), 'warn')] : [];
	return paneTitle(title, [age, [span('its own counters', 'quiet')]], width);
}

/** Dim when they are old, or of a server that does not answer any more. */
function shaded(server: ServerReading, lines: readonly Line[]): Line[] {
	return isServerStale(server) || server.down !== undefined ? dimmed(lines) : [...lines];
}
