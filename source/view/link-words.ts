/** The connection to the machine that the server runs on, in words: its name, its way, its round trip, that it is lost. */

import {decimal, integer} from '../format.ts';
import type {BoxWay, LinkReading, Snapshot} from '../snapshot.ts';
import {cut, outside} from './text.ts';
import {hostOf} from './watched.ts';

/** Columns that the name of a machine takes at most where room is short. */
const mostName = 30;

/** The machine that the server runs on; absent where that is this one. Of a recorded session without its connection. */
function boxOf({link, target}: Pick<Snapshot, 'link' | 'target'>): LinkReading | undefined {
	return link ?? target.box;
}

/** Where the server is, the longest form first: `me@gpu-box → 127.0.0.1:8000  (ssh, round trip 11 ms)` … `me@gpu-box`. */
export interface PlaceForms {
	readonly long: string;
	readonly middle: string;
	readonly short: string;
	readonly name: string;
}

/** Absent where the server runs on this machine. */
export function placeForms(snapshot: Pick<Snapshot, 'link' | 'target'>): PlaceForms | undefined {
	const box = boxOf(snapshot);
	if (box === undefined) return undefined;
	const whole = outside(box.name);
	const name = cut(whole, mostName);
	const host = hostOf(snapshot.target.url);
	const arrow = host === '' ? '' : ` → ${host}`;
	const trip = box.down === undefined ? roundTripText(box.roundTripMs) : '';
	const words = (before: string, after: string) => (trip === '' ? before : `${before}${after}${trip}`);
	const {long, middle} = wayWords[box.way];
	const short =
		box.way === 'tunnel' ? [name, trip].filter((text) => text !== '').join(' ') : `${name} (${shortWay(box.way)})`;
	return {
		long: `${whole}${arrow}  (${words(long.way, long.trip)})`,
		middle: `${name}${arrow}  (${words(middle.way, middle.trip)})`,
		short,
		name,
	};
}

interface WayWords {
	readonly way: string;
	/** Stands between the way and the round trip. */
	readonly trip: string;
}

const wayWords: Readonly<Record<BoxWay, {readonly long: WayWords; readonly middle: WayWords}>> = {
	tunnel: {long: {way: 'ssh', trip: ', round trip '}, middle: {way: 'ssh', trip: ' '}},
	direct: {long: {way: 'direct', trip: ', ssh round trip '}, middle: {way: 'direct', trip: ', ssh '}},
	there: {long: {way: 'load runs there', trip: ', round trip '}, middle: {way: 'load there', trip: ', '}},
};

/** A word for the way; empty for the usual one. */
export function shortWay(way: BoxWay): string {
	return way === 'tunnel' ? '' : way;
}

/** `11 ms`, `0.4 ms`; empty when there is none. */
export function roundTripText(ms: number | undefined): string {
	return ms === undefined ? '' : `${roundTrip(ms)} ms`;
}

/** The number alone: `11`, `0.4`. */
export function roundTrip(ms: number): string {
	return ms >= 9.95 ? integer(ms) : decimal(ms, 1);
}

/** A length of time in its largest unit: `12 s`, `3 min`, `5 h`. */
export function spanText(ms: number): string {
	if (ms < 120_000) return `${integer(Math.max(0, ms) / 1000)} s`;
	return ms < 7_200_000 ? `${integer(ms / 60_000)} min` : `${integer(ms / 3_600_000)} h`;
}

/** `DOWN 12 s`; of a machine whose server is asked at its own address only SSH is down. Empty while the connection stands. */
export function downText({down, way}: LinkReading): string {
	if (down === undefined) return '';
	return `${way === 'direct' ? 'SSH DOWN' : 'DOWN'} ${spanText(down.sinceMs)}`;
}

/** ssh's last word, safe to draw and without its end. */
export function whyText({down}: LinkReading): string {
	return outside(down?.why ?? '').replace(/[.;:,\s]+$/, '');
}

/** That the connection is lost, what that means, and why; absent while it stands and when all is over. */
export function lostSentence({link, phase}: Pick<Snapshot, 'link' | 'phase'>): string | undefined {
	if (link?.down === undefined || phase === 'done') return undefined;
	const isWatched = phase === 'watching';
	const why = whyText(link);
	const words = {
		tunnel: isWatched ? 'trying again' : 'requests fail until it is back',
		direct: isWatched ? 'the server is asked without it' : 'the load goes on without it',
		there: isWatched ? 'trying again' : 'the load goes on there',
	} satisfies Record<BoxWay, string>;
	const what = `no ${link.way === 'direct' ? 'SSH connection' : 'connection'} to ${outside(link.name)}`;
	return `${what}, ${words[link.way]}${why === '' ? '' : `: ${why}`}`;
}

/** What has happened to the connections since the last time: each that is lost, and each that is back. */
export function linkChanges(previous: Snapshot | undefined, next: Snapshot): string[] {
	const before = new Map(linksOf(previous).map((link) => [link.name, link]));
	return linksOf(next).flatMap((link) => {
		const earlier = before.get(link.name);
		if (link.down !== undefined && earlier?.down === undefined) {
			const sentence = lostSentence({link, phase: next.phase});
			return sentence === undefined ? [] : [sentence];
		}
		if (link.down === undefined && earlier?.down !== undefined)
			return [`connected to ${outside(link.name)} again, after ${spanText(earlier.down.sinceMs)}`];
		return [];
	});
}

/** `no connection to me@gpu-box for 12 s`; empty while it stands, and when all is over. */
export function downWords({link, phase}: Pick<Snapshot, 'link' | 'phase'>): string {
	if (link?.down === undefined || phase === 'done') return '';
	return `no connection to ${outside(link.name)} for ${spanText(link.down.sinceMs)}`;
}

/** Of all machines that are watched, or of the one. */
export function linksOf(snapshot: Snapshot | undefined): readonly LinkReading[] {
	const {boxes = [], link} = snapshot ?? {};
	return boxes.length > 0 ? boxes.map((box) => box.link) : link === undefined ? [] : [link];
}
