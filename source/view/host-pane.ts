/** The machine that the server runs on, where that is another one: processors, memory, load, disks and network. */

import {decimal, integer, missing, percent} from '../format.ts';
import type {HostReading, Snapshot} from '../snapshot.ts';
import {figure} from './figures.ts';
import {memoryGib} from './gpu-figures.ts';
import {fitLine, type Line, lineWidth, span} from './line.ts';
import {fillStyle, meterBar, meterLine, share, warningSign} from './meter.ts';
import {type Area, ageText, dimmed, exactly, flowing, inOneLine, paneTitle} from './pane.ts';
import type {Symbols} from './symbols.ts';
import {outside, textWidth} from './text.ts';

/** Older than this its figures are stale: they come every two seconds. */
const staleMs = 6000;
/** From here on all figures stand in one line. */
const wide = 70;
const nameWidth = 7;
const leastBar = 4;
const mostBar = 24;

export function isHostStale({ageMs}: HostReading): boolean {
	return ageMs > staleMs;
}

/** Exactly `height` lines of `width` columns; one line has no title. Blank where the machine has told nothing. */
export function hostLines({host}: Snapshot, area: Area, symbols: Symbols): Line[] {
	if (host === undefined) return exactly([], area);
	const {width, height} = area;
	const shaded = (lines: readonly Line[]) => (isHostStale(host) ? dimmed(lines) : [...lines]);
	if (height === 1) return exactly(shaded([summaryLine(host, width)]), area);
	const isTall = width < wide && height > 3;
	const lines = isTall ? meterLines(host, width, symbols) : [barLine(host, width, symbols)];
	return exactly([paneHead(host, width), ...shaded(lines)], area);
}

/** Lines that are wanted at a width, with the title; 0 when nothing is known of it. It can be drawn at any height. */
export function hostHeight({host}: Snapshot, width: number): number {
	if (host === undefined) return 0;
	return width >= wide ? 2 : 3 + flowing(rest(host), width).length;
}

function paneHead(host: HostReading, width: number): Line {
	const age = isHostStale(host) ? [span(ageText(host.ageMs), 'warn')] : [];
	const cores = host.cores === undefined ? [] : [span(`${integer(host.cores)} cores`, 'quiet')];
	return paneTitle(`HOST ${outside(host.name)}`, [age, cores], width);
}

/** Its figures in words, most important first; what it does not tell is left out. */
export function hostWords(host: HostReading): string[] {
	return [cpu(host), memory(host), ...rest(host)]
		.map((part) => part.map(({text}) => text).join(''))
		.filter((text) => text !== '');
}

/** All in one line without bars: the last go first. */
function summaryLine(host: HostReading, width: number): Line {
	const age: Line = isHostStale(host) ? [span(ageText(host.ageMs), 'warn')] : [];
	const parts = [age, cpu(host), memory(host), ...rest(host)];
	return fitLine([span(' HOST ', 'quiet'), ...inOneLine(parts, Math.max(1, width - 6))], width);
}

/** All in one line, with bars where there is room. */
function barLine(host: HostReading, width: number, symbols: Symbols): Line {
	const parts = [cpu(host), memory(host), ...rest(host)];
	const ratios = [host.cpu, memoryRatio(host)];
	const free = width - 1 - parts.reduce((sum, part) => sum + (part.length === 0 ? 0 : lineWidth(part) + 2), 0);
	const count = ratios.filter((ratio) => ratio !== undefined).length;
	const bar = Math.min(mostBar, Math.floor(free / Math.max(1, count)) - 1);
	const shown = parts.map((part, place) => {
		const ratio = ratios[place];
		return ratio === undefined || bar < leastBar ? part : [...part, span(' '), ...meterBar(ratio, bar, symbols)];
	});
	return fitLine([span(' '), ...inOneLine(shown, width - 1)], width);
}

/** A bar each for processors and memory, and the rest below them. */
function meterLines(host: HostReading, width: number, symbols: Symbols): Line[] {
	const memoryText = memoryGib(host);
	const options = {width: width - 2, nameWidth, figureWidth: Math.max(5, textWidth(memoryText)), symbols};
	return [
		[span(' '), ...meterLine({name: 'CPU', ratio: host.cpu, figure: percent(host.cpu)}, options)],
		[span(' '), ...meterLine({name: 'memory', ratio: memoryRatio(host), figure: memoryText}, options)],
		...flowing(rest(host), width),
	];
}

function memoryRatio({memoryUsedBytes, memoryTotalBytes}: HostReading): number | undefined {
	return share(memoryUsedBytes, memoryTotalBytes);
}

function cpu(host: HostReading): Line {
	return part('CPU', percent(host.cpu), fillStyle(host.cpu) === 'bad');
}

function memory(host: HostReading): Line {
	return part('mem', memoryGib(host), fillStyle(memoryRatio(host)) === 'bad');
}

/** What has no bar. */
function rest({load1, cores, diskBytesPerSecond, networkBytesPerSecond}: HostReading): Line[] {
	const isOver = load1 !== undefined && cores !== undefined && load1 > cores;
	return [
		part('load', figure(load1), isOver),
		part('disk', rateText(diskBytesPerSecond), false),
		part('net', rateText(networkBytesPerSecond), false),
	].filter((line) => line.length > 0);
}

/** A name and its value; nothing when it is not known. */
function part(name: string, value: string, isWarning: boolean): Line {
	if (value === missing) return [];
	return [span(`${name} `, 'quiet'), isWarning ? span(value + warningSign, 'warn') : span(value)];
}

/** Bytes a second in decimal units, as networks are counted: `12.0 MB/s`. */
function rateText(value: number | undefined): string {
	if (value === undefined || !Number.isFinite(value)) return missing;
	const [size, unit] = value >= 1e9 ? [1e9, 'GB/s'] : value >= 1e6 ? [1e6, 'MB/s'] : [1e3, 'kB/s'];
	const scaled = value / size;
	return `${scaled >= 100 || scaled === 0 ? integer(scaled) : decimal(scaled, 1)} ${unit}`;
}
