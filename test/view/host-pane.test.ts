import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import type {HostReading, Snapshot} from '../../source/snapshot.ts';
import {hostHeight, hostLines, hostWords} from '../../source/view/host-pane.ts';
import {unicodeSymbols} from '../../source/view/symbols.ts';
import {expectFilled} from './golden.ts';
import {comparePane, drawn} from './pane-pictures.ts';
import {hosts} from './scenes/boxes.ts';
import {scenes} from './scenes.ts';

const of = (host: HostReading | undefined): Snapshot => {
	const {host: _, ...others} = scenes.boxWatched;
	return host === undefined ? others : {...others, host};
};
const text = (host: HostReading, width: number, height: number) =>
	drawn(hostLines(of(host), {width, height}, unicodeSymbols));

describe('The figures of the machine that a server runs on', () => {
	for (const [name, host] of Object.entries(hosts)) {
		for (const width of [39, 64, 80, 160]) {
			const height = hostHeight(of(host), width);
			test(`${name}, ${width} columns`, () => {
				const area = {width, height};
				comparePane(`host-${name}-${width}`, hostLines(of(host), area, unicodeSymbols), area);
			});
		}
		test(`${name}, in one line`, () => {
			const area = {width: 80, height: 1};
			comparePane(`host-${name}-line`, hostLines(of(host), area, unicodeSymbols), area);
		});
	}

	test('take no room where it is this machine', () => {
		expect([20, 80, 200].map((width) => hostHeight(of(undefined), width))).toEqual([0, 0, 0]);
	});

	test('are words where there is no screen, without what is not known', () => {
		expect(hostWords(hosts.pressed)).toEqual([
			'CPU 97%!',
			'mem 249.0/251.6 GiB!',
			'load 131!',
			'disk 2.3 GB/s',
			'net 12.0 MB/s',
		]);
		expect(hostWords({name: 'box', ageMs: 0, networkBytesPerSecond: 0})).toEqual(['net 0 kB/s']);
	});

	test('fill every area, whatever is known', () => {
		const ratio = fc.double({min: 0, max: 1, noNaN: true});
		const count = fc.integer({min: 0, max: 1e13});
		const known = fc.record(
			{
				cores: fc.integer({min: 1, max: 512}),
				cpu: ratio,
				memoryUsedBytes: count,
				memoryTotalBytes: count,
				load1: fc.double({min: 0, max: 5000, noNaN: true}),
				diskBytesPerSecond: count,
				networkBytesPerSecond: count,
			},
			{requiredKeys: []},
		);
		const area = fc.record({width: fc.integer({min: 20, max: 200}), height: fc.integer({min: 1, max: 9})});
		fc.assert(
			fc.property(known, fc.string(), count, area, (figures, name, ageMs, {width, height}) => {
				const host = {...figures, name, ageMs};
				expectFilled(hostLines(of(host), {width, height}, unicodeSymbols), {width, height});
				const wanted = hostHeight(of(host), width);
				expectFilled(hostLines(of(host), {width, height: wanted}, unicodeSymbols), {width, height: wanted});
				expect(text(host, width, height)).not.toMatch(/NaN|undefined|Infinity/);
			}),
		);
	});

	test('keep the most important where room is short', () => {
		expect(text(hosts.busy, 40, 1)).toBe(' HOST CPU 23%  mem 61.2/251.6 GiB       |\n');
		expect(text(hosts.stale, 40, 1)).toBe(' HOST 12 s old  CPU 23%                 |\n');
	});
});
