import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import type {Quantiles, ServerPoint, ServerReading, Snapshot} from '../../source/snapshot.ts';
import {isServerStale} from '../../source/view/server-figures.ts';
import {serverLines, serverMeterHeight, serverMeterLines} from '../../source/view/server-pane.ts';
import {serversLines} from '../../source/view/servers-pane.ts';
import {asciiSymbols, unicodeSymbols} from '../../source/view/symbols.ts';
import {initialUi} from '../../source/view/ui-state.ts';
import {watchLines} from '../../source/view/watch-pane.ts';
import {expectFilled} from './golden.ts';
import {comparePane, drawn} from './pane-pictures.ts';
import {servers} from './scenes/server.ts';
import {special} from './scenes/watching.ts';
import {scenes} from './scenes.ts';

const options = {ui: initialUi, symbols: unicodeSymbols};
const telling = (server: ServerReading): Snapshot => ({...scenes.full, server});

describe('the screen of the server is drawn as in its picture', () => {
	const areas = [
		{width: 60, height: 12},
		{width: 80, height: 21},
		{width: 120, height: 37},
		{width: 160, height: 42},
	];
	for (const [name, server] of Object.entries({...servers, ...special})) {
		for (const area of areas) {
			const title = `server-${name}-${area.width}x${area.height}`;
			test(title, () => comparePane(title, serverLines(telling(server), area, options), area));
		}
	}
	test('in ASCII', () => {
		const area = {width: 80, height: 21};
		const lines = serverLines(telling(servers.pressed), area, {ui: initialUi, symbols: asciiSymbols});
		expect(drawn(lines, asciiSymbols)).toMatch(/^[\n -~]*$/);
		comparePane('server-ascii-80x21', lines, area, asciiSymbols);
	});
});

describe('the meters of the server are drawn as in their picture', () => {
	for (const [name, server] of Object.entries({...servers, ...special})) {
		for (const width of [58, 80]) {
			const title = `server-meters-${name}-${width}`;
			test(title, () => {
				const area = {width, height: serverMeterHeight(telling(server), width)};
				comparePane(title, serverMeterLines(telling(server), area, options), area);
			});
		}
		test(`server-meters-${name}-30x1`, () => {
			const area = {width: 30, height: 1};
			comparePane(`server-meters-${name}-30x1`, serverMeterLines(telling(server), area, options), area);
		});
	}
});

describe('a server that tells nothing', () => {
	test.each([
		['at all', scenes.full],
		['in what it answers', telling({ageMs: 100, facts: [], series: []})],
	])('%s has one calm line, and no room in the overview', (_, snapshot) => {
		const area = {width: 60, height: 6};
		const lines = serverLines(snapshot, area, options);
		expectFilled(lines, area);
		expect(drawn(lines).match(/[A-Z][a-z]+.*[a-z]\./g)).toEqual(['The server tells nothing of itself.']);
		expect(serverMeterHeight(snapshot, 80)).toBe(0);
	});
});

describe('its time to the first token beside ours', () => {
	const {level} = scenes.full;
	const sentence = (inside: number | undefined, here: number | undefined, width = 80) => {
		const snapshot = {
			...telling({...servers.full, ttftMs: {p99: 900, ...(inside === undefined ? {} : {p50: inside})}}),
			...(level === undefined ? {} : {level: {...level, ttftMs: here === undefined ? {} : {p50: here}}}),
		};
		const text = drawn(serverMeterLines(snapshot, {width, height: 6}, options));
		return text
			.split('\n')
			.find((line) => line.includes('TTFT'))
			?.slice(1, -1)
			.trimEnd();
	};

	test.each([
		[131, 142, 'TTFT p50 131 ms inside, 142 here: 11 ms outside the engine'],
		[130.6, 142.4, 'TTFT p50 131 ms inside, 142 here: 11 ms outside the engine'],
		[8.04, 11.36, 'TTFT p50 8.0 ms inside, 11.4 here: 3.4 ms outside the engine'],
		[0.52, 1.37, 'TTFT p50 0.52 ms inside, 1.37 here: 0.85 ms outside the engine'],
		[131.2, 130.9, 'TTFT p50 131 ms inside, 131 here: nothing outside the engine'],
		[9420, 142, 'TTFT p50 9,420 ms inside, 142 here: over other seconds'],
	])('%d ms inside and %d here is said as it is', (inside, here, said) => {
		expect(sentence(inside, here)).toBe(said);
	});

	test('is short where there is little room', () => {
		expect(sentence(131, 142, 50)).toBe('TTFT p50 131 ms inside, 142 here, 11 outside');
	});

	test('is not said when one of the two is not known', () => {
		expect([sentence(undefined, 142), sentence(131, undefined)]).toEqual([undefined, undefined]);
	});
});

describe('what must be seen is seen without colour', () => {
	test('a full cache, a queue and preemptions have a sign, and stay when there is little room', () => {
		const area = {width: 40, height: 1};
		expect(drawn(serverMeterLines(telling(servers.pressed), area, options))).toMatch(
			/^ KV 99%! {2}waiting 9! {2}preempted 47! *\|\n$/,
		);
	});

	test('counters that are asked for seldom are not old before they were to be asked for again', () => {
		const reading = {...servers.full, ageMs: 6_000};
		expect([isServerStale(reading), isServerStale({...reading, intervalMs: 5_000})]).toEqual([true, false]);
		expect(isServerStale({...reading, intervalMs: 5_000, ageMs: 13_000})).toBe(true);
	});

	test('old counters carry their age and are dim', () => {
		const [title, ...body] = serverMeterLines(telling(servers.stale), {width: 58, height: 5}, options);
		expect(drawn(title === undefined ? [] : [title])).toContain('12 s old');
		expect(new Set(body.flat().flatMap(({text, style}) => (text.trim() === '' ? [] : [style])))).toEqual(
			new Set(['quiet']),
		);
	});
});

test('what somebody did is a thin line with its name in every chart', () => {
	const area = {width: 160, height: 42};
	const snapshot = {...telling(servers.idle), atMs: 84_000, marks: [{atMs: 54_000, text: 'streams 8'}]};
	expect(drawn(serverLines(snapshot, area, options)).match(/┊streams 8/g)).toHaveLength(4);
	expect(drawn(serverLines(telling(servers.idle), area, options))).not.toContain('┊');
});

test('a fact that was found out and told by the server stands once', () => {
	const server = {...servers.full, facts: [{name: 'Model', value: 'as the server calls it'}]};
	const text = drawn(serverLines(telling(server), {width: 80, height: 30}, options));
	expect(text.match(/^ (?:engine|model|context) +.*\w/gim)).toEqual([
		' engine  vllm 0.11.0',
		' Model   as the server calls it',
	]);
});

test('a watched server without figures shows what else is known of it on every screen', () => {
	const server: ServerReading = {ageMs: 0, facts: [{name: 'model', value: 'qwen3:0.6b 523 MiB'}], series: [{}]};
	const watching: Snapshot = {...telling({...server, notes: ['It has no counters.']}), phase: 'watching'};
	expect(drawn(watchLines(watching, {width: 60, height: 6}, options))).toContain(' qwen3:0.6b 523 MiB ');
});

const number = fc.oneof(
	fc.constantFrom(0, 1, 0.5, 1e-300, 1e300, -1, 906),
	fc.double({noNaN: true, min: -1e300, max: 1e300}),
);
const text = fc.oneof(fc.string({unit: 'binary'}), fc.string({unit: 'grapheme'}), fc.string());
const quantiles: fc.Arbitrary<Quantiles> = fc.record({p50: number, p99: number, max: number}, {requiredKeys: []});
const point: fc.Arbitrary<ServerPoint> = fc.record(
	{running: number, waiting: number, kvCacheUsage: number, generationTokensPerSecond: number},
	{requiredKeys: []},
);
const reading: fc.Arbitrary<ServerReading> = fc.record(
	{
		ageMs: number,
		running: number,
		waiting: number,
		kvCacheUsage: number,
		prefixCacheHitRatio: number,
		preemptions: number,
		promptTokensPerSecond: number,
		generationTokensPerSecond: number,
		ttftMs: quantiles,
		gapMs: quantiles,
		queueMs: quantiles,
		requestsPerSecond: number,
		draftAcceptance: number,
		down: text,
		notes: fc.array(text, {maxLength: 4}),
		parts: fc.array(
			fc.record(
				{name: text, running: number, waiting: number, kvCacheUsage: number, generationTokensPerSecond: number},
				{requiredKeys: ['name']},
			),
			{maxLength: 20},
		),
		facts: fc.array(fc.record({name: text, value: text}), {maxLength: 12}),
		series: fc.array(fc.option(point, {nil: undefined}), {maxLength: 60}),
	},
	{requiredKeys: ['ageMs', 'facts', 'series']},
);
const area = fc.record({width: fc.integer({min: 20, max: 200}), height: fc.integer({min: 1, max: 50})});
const symbols = fc.constantFrom(unicodeSymbols, asciiSymbols);

describe('whatever the server tells', () => {
	test('all forms have exactly the lines and columns asked for, and show no number that is none', () => {
		fc.assert(
			fc.property(reading, area, symbols, (server, size, chosen) => {
				const told = [...server.facts.flatMap(Object.values), ...(server.notes ?? []), server.down ?? ''];
				fc.pre(
					![...told, ...(server.parts ?? []).map(({name}) => name)].some((text) => /NaN|undefined|Infinity/.test(text)),
				);
				const snapshot = telling(server);
				const watching: Snapshot = {...snapshot, phase: 'watching'};
				for (const [draw, shown] of [
					[serverLines, snapshot],
					[serverMeterLines, snapshot],
					[watchLines, watching],
					[serversLines, watching],
				] as const) {
					const lines = draw(shown, size, {ui: initialUi, symbols: chosen});
					expectFilled(lines, size);
					expect(drawn(lines, chosen)).not.toMatch(/NaN|undefined|Infinity/);
				}
				expect(serverMeterHeight(snapshot, size.width)).not.toBe(1);
			}),
		);
	});
});
