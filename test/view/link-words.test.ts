import {describe, expect, test} from 'vitest';
import type {LinkReading, Snapshot} from '../../source/snapshot.ts';
import {headerLines} from '../../source/view/header.ts';
import {latencyLines} from '../../source/view/latency-pane.ts';
import {
	downText,
	linkChanges,
	lostSentence,
	placeForms,
	roundTripText,
	spanText,
} from '../../source/view/link-words.ts';
import {noteLines} from '../../source/view/notes-pane.ts';
import {unicodeSymbols} from '../../source/view/symbols.ts';
import {links} from './scenes/boxes.ts';
import {scenes} from './scenes.ts';

const {tunnelLoad, boxWatched, boxDown} = scenes;
const why = 'ssh: connect to host gpu-box port 22: Connection timed out';

function headers(snapshot: Snapshot, width: number): string[] {
	const lines = headerLines(snapshot, {width, height: 2}, {paused: false, withFigures: false});
	return lines.map((line) => line.map(({text}) => text).join(''));
}
function header(snapshot: Snapshot, width: number): string {
	return headers(snapshot, width)[0] ?? '';
}
const linked = (link: LinkReading, snapshot: Snapshot = tunnelLoad): Snapshot => ({...snapshot, link});

describe('The header of a server on another machine', () => {
	test('names the machine, the way and the round trip', () => {
		expect(header(tunnelLoad, 160)).toContain('  me@gpu-box → 127.0.0.1:8000  (ssh, round trip 32 ms) ');
		expect(header(linked(links.direct), 160)).toContain('127.0.0.1:8000  (direct, ssh round trip 11 ms) ');
		expect(header(linked(links.there), 160)).toContain('127.0.0.1:8000  (load runs there, round trip 11 ms) ');
	});

	test('keeps the name of the machine longest', () => {
		expect(header(tunnelLoad, 120)).toContain('  me@gpu-box → 127.0.0.1:8000  (ssh 32 ms) ');
		expect(header(tunnelLoad, 80)).toContain('  me@gpu-box 32 ms ');
		expect(header(linked(links.direct), 80)).toContain('  me@gpu-box (direct) ');
		expect(header(linked(links.there), 80)).toContain('  me@gpu-box (there) ');
		for (let width = 60; width < 200; width++) {
			for (const link of Object.values(links)) {
				const line = header(linked(link), width);
				expect(line).toHaveLength(width);
				expect(line).toContain(link.name.slice(0, 20));
			}
		}
	});

	test('says how long the connection has been lost, whatever the streams do', () => {
		expect(header(linked(links.down), 80)).toMatch(/ {2}me@gpu-box {2,}DOWN 12 s {2}0:41 left$/);
		// The load goes on there: its time runs on, by what is known.
		const lost = {...links.thereDown, down: {...links.thereDown.down, sinceMs: 12_400}};
		expect(header(linked(lost), 80)).toMatch(/ DOWN 12 s {2}~0:28 left$/);
		expect(header(linked({...lost, down: {...lost.down, sinceMs: 192_000}}), 80)).toMatch(/ DOWN 3 min {2}~0:00 left$/);
		expect(header(boxDown, 80)).toMatch(/ DOWN 12 s {2}1:24$/);
		// What goes another way goes on.
		expect(header(linked(links.directDown), 160)).toContain(' SSH DOWN 12 s ');
		expect(header({...linked(links.down), phase: 'done'}, 80)).not.toContain('DOWN');
	});

	test('says since when the server there is silent, and what was known, before the connection is given up', () => {
		const server = {ageMs: 8_200, facts: [], series: [], running: 7, down: 'the connection to gpu-box does not answer'};
		const [first, second] = headers({...boxWatched, server}, 80);
		expect(first).toMatch(/ DOWN 8 s {2}1:24$/);
		expect(second).toMatch(/^8 s old {2}running 7 +$/);
		const {link: _, ...here} = boxWatched;
		expect(headers({...here, server}, 80)[0]).toMatch(/ DOWN {2}1:24$/);
	});

	test('says it of a recorded session, of which there is no connection any more', () => {
		const {link: _, ...others} = tunnelLoad;
		const target = {...others.target, box: {name: 'me@gpu-box', way: 'there'} as const};
		expect(header({...others, target}, 160)).toContain('  me@gpu-box → 127.0.0.1:8000  (load runs there) ');
		expect(header({...others, target: {...target, box: {...target.box, way: 'tunnel'}}}, 80)).toContain(
			'  me@gpu-box ',
		);
	});

	test('has nothing of it that a terminal obeys', () => {
		const forms = placeForms({link: {...links.up, name: 'me@\u001b[31mbox\u0007'}, target: tunnelLoad.target});
		expect(forms).toEqual({
			long: 'me@box → 127.0.0.1:8000  (ssh, round trip 11 ms)',
			middle: 'me@box → 127.0.0.1:8000  (ssh 11 ms)',
			short: 'me@box 11 ms',
			name: 'me@box',
		});
	});
});

test('lengths of time are told in their largest unit, round trips with the digits that they have', () => {
	expect([-1, 0, 12_400, 119_499, 120_000, 7_199_000, 7_200_000].map(spanText)).toEqual([
		'0 s',
		'0 s',
		'12 s',
		'119 s',
		'2 min',
		'120 min',
		'2 h',
	]);
	expect([undefined, 0, 0.42, 9.94, 9.96, 1204].map(roundTripText)).toEqual([
		'',
		'0.0 ms',
		'0.4 ms',
		'9.9 ms',
		'10 ms',
		'1,204 ms',
	]);
	expect([links.up, links.down, links.directDown].map(downText)).toEqual(['', 'DOWN 12 s', 'SSH DOWN 12 s']);
});

describe('A connection that is lost', () => {
	test('is a sentence with what that means, and why', () => {
		const of = (link: LinkReading, phase: Snapshot['phase']) => lostSentence({link, phase});
		expect([
			of(links.down, 'watching'),
			of(links.down, 'running'),
			of(links.directDown, 'watching'),
			of(links.directDown, 'running'),
			of(links.thereDown, 'running'),
			of(links.up, 'running'),
			of(links.down, 'done'),
		]).toEqual([
			`no connection to me@gpu-box, trying again: ${why}`,
			`no connection to me@gpu-box, requests fail until it is back: ${why}`,
			`no SSH connection to me@gpu-box, the server is asked without it: ${why}`,
			`no SSH connection to me@gpu-box, the load goes on without it: ${why}`,
			`no connection to me@gpu-box, the load goes on there: ${why}`,
			undefined,
			undefined,
		]);
		const untold = {...links.down, down: {sinceMs: 1, why: '\u001b[2J'}};
		expect(of(untold, 'watching')).toBe('no connection to me@gpu-box, trying again');
	});

	test('is the first of the notes', () => {
		const lines = noteLines({...boxDown, notes: ['something else']}, {width: 160, height: 2}, undefined);
		expect(
			lines.map((line) =>
				line
					.map(({text}) => text)
					.join('')
					.trim(),
			),
		).toEqual([`! no connection to me@gpu-box, trying again: ${why}`, '! something else']);
	});

	test('is told once, and once when it is back', () => {
		expect([
			linkChanges(undefined, boxWatched),
			linkChanges(undefined, boxDown),
			linkChanges(boxWatched, boxDown),
			linkChanges(boxDown, boxDown),
			linkChanges(boxDown, boxWatched),
			linkChanges(boxWatched, boxWatched),
		]).toEqual([
			[],
			[`no connection to me@gpu-box, trying again: ${why}`],
			[`no connection to me@gpu-box, trying again: ${why}`],
			[],
			['connected to me@gpu-box again, after 12 s'],
			[],
		]);
	});

	test('is told of each of several machines by its name', () => {
		expect(linkChanges(undefined, scenes.boxesThree)).toEqual([
			'no connection to root@10.0.0.7, trying again: Connection to 10.0.0.7 port 22 timed out',
		]);
	});
});

describe('The pane of TTFT', () => {
	const title = (snapshot: Snapshot, width: number) =>
		latencyLines(snapshot, 'ttft', {width, height: 5}, unicodeSymbols)[0]
			?.map(({text}) => text)
			.join('')
			.replace(/^─ TTFT ms ─+ | ─$/g, '');

	test('says how much of it the way takes, as far as there is room', () => {
		expect([80, 60, 46, 34, 28].map((width) => title(tunnelLoad, width))).toEqual([
			'p50 142  p99 388  max 501  of it the way 32',
			'p50 142  p99 388  max 501  of it the way 32',
			'p50 142  p99 388  way 32',
			'p50 142  p99 388',
			'p99 388',
		]);
	});

	test('does not where the streams take another way, or none', () => {
		const titles = [links.direct, links.there].map((link) => title(linked(link), 80));
		expect(titles).toEqual(Array.from({length: 2}, () => 'p50 142  p99 388  max 501'));
	});

	test('has the median of a level that has ended', () => {
		const {level: _, link: __, ...ended} = tunnelLoad;
		expect(title(ended, 80)).toBe('p50 97.0  p99 121  max 145  of it the way 11');
	});
});
