/** Several machines that are watched, beside each other: a column each, with its server, its GPUs and the machine itself. */

import {integer} from '../format.ts';
import type {Snapshot, WatchedServer} from '../snapshot.ts';
import {shownBox, withBox} from './boxes.ts';
import {figure} from './figures.ts';
import {gpuMeterHeight, gpuMeterLines} from './gpu-pane.ts';
import {hostHeight, hostLines} from './host-pane.ts';
import {between} from './layout-parts.ts';
import {fitLine, joined, type Line, span} from './line.ts';
import {downText, roundTripText, shortWay, whyText} from './link-words.ts';
import {type Area, beside, dimmed, exactly, type PaneOptions, paneTitle} from './pane.ts';
import {leastWatch} from './server-layout.ts';
import {outside, wrapText} from './text.ts';
import {watchLines} from './watch-pane.ts';
import {baseName, hostOf, shownServer, withSelected} from './watched.ts';

/** Lines that the reason of a lost connection may take. */
const mostWhy = 2;

/** Exactly `height` lines of `width` columns. */
export function boxesLines(snapshot: Snapshot, {width, height}: Area, options: PaneOptions): Line[] {
	const {boxes = []} = snapshot;
	const {ui} = options;
	const shown = shownBox(snapshot, ui.box);
	const free = width - between * (boxes.length - 1);
	const columns = boxes.map((box, place) => {
		const own = Math.floor((free * (place + 1)) / boxes.length) - Math.floor((free * place) / boxes.length);
		const isShown = box === shown;
		const seen = withSelected(withBox(snapshot, box), isShown ? ui.server : undefined);
		return {lines: columnLines(seen, {width: own, height}, {...options, isShown}), width: own};
	});
	return exactly(beside(columns), {width, height});
}

interface ColumnOptions extends PaneOptions {
	/** It is the one that the other screens show. */
	readonly isShown: boolean;
}

/** The machine's name, its servers, then its GPUs and its own figures at the foot. */
function columnLines(snapshot: Snapshot, {width, height}: Area, options: ColumnOptions): Line[] {
	const {link} = snapshot;
	const isLost = link?.down !== undefined && link.way !== 'direct';
	// The title says it already.
	const seen = isLost ? withoutDown(snapshot) : snapshot;
	const head = [columnTitle(snapshot, width, options.isShown), ...whyLines(snapshot, width)];
	const server = shownServer(snapshot, snapshot.target.url);
	const named = server === undefined ? [] : [modelLine(server, width)];
	const others = snapshot.watched?.filter(({target}) => target.url !== server?.target.url) ?? [];
	const otherLines = others.map((other) => otherLine(other, width));
	const left = height - head.length - named.length - leastWatch;
	const [gpu, host, more] = shared(left, [
		{least: 1, wanted: gpuHeight(snapshot, width)},
		{least: 1, wanted: hostHeight(snapshot, width)},
		{least: 0, wanted: otherLines.length},
	]);
	const watch = height - head.length - named.length - gpu - host - more;
	const body = [
		...named,
		...watchLines(seen, {width, height: watch}, options),
		...otherLines.slice(0, more),
		...(gpu > 0 ? gpuPart(snapshot, {width, height: gpu}, options) : []),
		...(host > 0 ? hostLines(snapshot, {width, height: host}, options.symbols) : []),
	];
	return exactly([...head, ...(isLost ? dimmed(body) : body)], {width, height});
}

function withoutDown({server, ...others}: Snapshot): Snapshot {
	if (server === undefined) return others;
	const {down: _, ...known} = server;
	return {...others, server: known};
}

/** `▸ me@gpu-box ─── 11 ms`, or that the connection is lost. */
function columnTitle({link}: Snapshot, width: number, isShown: boolean): Line {
	if (link === undefined) return fitLine([], width);
	const way = [shortWay(link.way), roundTripText(link.roundTripMs)].filter((text) => text !== '').join(' ');
	const state: Line =
		link.down === undefined
			? [span(way, 'quiet')]
			: [span(` ${downText(link)} `, link.way === 'direct' ? 'chip-warn' : 'chip-bad')];
	return paneTitle(`${isShown ? '▸ ' : ''}${outside(link.name)}`, [state], width);
}

function whyLines({link}: Snapshot, width: number): Line[] {
	if (link?.down === undefined) return [];
	return wrapText(whyText(link), width - 2, mostWhy).map((text) => fitLine([span(` ${text}`, 'bad')], width));
}

/** `vllm 0.11.0  Qwen3-30B`. */
function modelLine({target}: WatchedServer, width: number): Line {
	const engine = [target.engine, target.engineVersion ?? ''].map(outside).filter((text) => text !== '');
	const model: Line = [span(baseName(outside(target.model ?? '')), 'strong')];
	return fitLine([span(' '), ...joined([[span(engine.join(' '))], model], '  ')], width);
}

/** Another server of the machine in one line. */
function otherLine({target, reading}: WatchedServer, width: number): Line {
	const figures: Line =
		reading?.down === undefined
			? [span(`  ${figure(reading?.generationTokensPerSecond)} tok/s  running ${integer(reading?.running)}`)]
			: [span('  DOWN', 'bad')];
	return fitLine([span(` ${hostOf(target.url)} ${outside(target.engine)}`, 'quiet'), ...figures], width);
}

/** Why no GPU is watched takes a line. */
function gpuHeight(snapshot: Snapshot, width: number): number {
	return gpuMeterHeight(snapshot, width) || (snapshot.gpuState === undefined ? 0 : 2);
}

function gpuPart(snapshot: Snapshot, area: Area, options: PaneOptions): Line[] {
	if (gpuMeterHeight(snapshot, area.width) > 0) return gpuMeterLines(snapshot, area, options);
	const [first = '', second = ''] = wrapText(outside(snapshot.gpuState ?? ''), area.width - 2, area.height);
	return exactly(
		[first, second].map((text): Line => [span(` ${text}`, 'quiet')]),
		area,
	);
}

/** Room given in order: first what each needs at least, then all that it wants. */
function shared(room: number, wishes: readonly [Wish, Wish, Wish]): [first: number, second: number, third: number] {
	let left = Math.max(0, room);
	const take = (most: number) => {
		const taken = Math.min(most, left);
		left -= taken;
		return taken;
	};
	const given = wishes.map(({least, wanted}) => take(Math.min(least, wanted)));
	const [first = 0, second = 0, third = 0] = wishes.map(({wanted}, place) => {
		const already = given[place] ?? 0;
		return left >= wanted - already ? already + take(wanted - already) : already;
	});
	return [first, second, third];
}

interface Wish {
	readonly least: number;
	readonly wanted: number;
}
