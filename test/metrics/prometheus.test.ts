import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {parseMetrics} from '../../source/metrics/prometheus.ts';
import {histogramsOf, summariesOf} from '../../source/metrics/prometheus-series.ts';
import {type PageStyle, recordedBody, sampleLine, type WrittenSample} from '../support/metrics-pages.ts';

const samplesOf = (page: string) => [...parseMetrics(page).samples];
const one = (labels: Record<string, string>, value: number) => ({labels: new Map(Object.entries(labels)), value});

const labelName = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,8}$/);
const metricName = fc.stringMatching(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,12}$/);
const labelSet = fc
	.uniqueArray(fc.tuple(labelName, fc.string({unit: 'grapheme'})), {
		selector: ([name]) => name,
		maxLength: 4,
	})
	.map((pairs) => new Map(pairs));
const value = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY));
const timestamp = fc.integer({min: -1, max: 2_000_000_000_000});
const sample: fc.Arbitrary<WrittenSample> = fc.record(
	{
		labels: labelSet,
		value,
		timestamp,
		exemplar: fc.record({labels: labelSet, value, timestamp}, {requiredKeys: ['labels', 'value']}),
	},
	{requiredKeys: ['labels', 'value']},
);
const style: fc.Arbitrary<PageStyle> = fc.record({
	blank: fc.constantFrom('', ' ', '\t', ' \t '),
	lineEnd: fc.constantFrom('\n', '\r\n', ' \n', '\n\n'),
	commaAtEnd: fc.boolean(),
});

describe('a page of metrics', () => {
	test('reads as what was written, in any layout that the format allows', () => {
		fc.assert(
			fc.property(fc.array(fc.tuple(metricName, sample), {maxLength: 8}), style, (lines, layout) => {
				const page = lines.map(([name, written]) => sampleLine(name, written, layout)).join('');
				const expected = new Map<string, WrittenSample[]>();
				for (const [name, written] of lines) expected.set(name, [...(expected.get(name) ?? []), written]);
				expect(parseMetrics(page)).toEqual({samples: expected, heads: new Map(), badLines: 0, ended: false});
			}),
		);
	});

	test('never throws, whatever it is', () => {
		const part = fc.constantFrom(
			'a',
			'{',
			'}',
			'"',
			'\\',
			'=',
			',',
			' ',
			'\n',
			'\r',
			'#',
			'# HELP ',
			'# TYPE ',
			'1',
			'+Inf',
			'.',
		);
		fc.assert(
			fc.property(fc.array(fc.oneof(part, fc.string())), (parts) => {
				expect(parseMetrics(parts.join('')).badLines).toBeGreaterThanOrEqual(0);
			}),
		);
	});

	test('cut off anywhere holds no number that the whole one does not hold', () => {
		const whole = 'a{x="1"} 12.5\nb 1234\r\n# EOF\n';
		const all = [...parseMetrics(whole).samples].map(([name, [first]]) => `${name} ${first?.value}`);
		expect(all).toEqual(['a 12.5', 'b 1234']);
		for (let end = 0; end < whole.length; end++) {
			const some = samplesOf(whole.slice(0, end)).map(([name, [first]]) => `${name} ${first?.value}`);
			expect(all.slice(0, some.length)).toEqual(some);
		}
	});

	test('counts lines that it cannot read, and reads all others', () => {
		const bad = [
			'a',
			'a{',
			'a{x} 1',
			'a{x="1" 1',
			'a{x="1"y="2"} 1',
			'a{x="1",x="2"} 1',
			'a 0x10',
			'a one',
			'1a 1',
			'a 1 b',
			'a 1 2 3',
			'a 1 # 5',
			'a 1 # {} x',
			'{} 1',
			'a{"b"} 1',
			'# TYPE a curve',
			'# HELP',
		];
		for (const line of bad) {
			expect([line, parseMetrics(`good 1\n${line}\nbetter 2\n`)]).toEqual([
				line,
				{
					samples: new Map([
						['good', [one({}, 1)]],
						['better', [one({}, 2)]],
					]),
					heads: new Map(),
					badLines: 1,
					ended: false,
				},
			]);
		}
	});

	test('leaves out a last line without its end, which may be half a number', () => {
		expect(parseMetrics('a 1\nb 12')).toMatchObject({samples: new Map([['a', [one({}, 1)]]]), badLines: 1});
	});

	test('has types, helps with their escapes, units, and plain comments that say nothing', () => {
		const page = parseMetrics(
			'# HELP a First\\nsecond \\\\ third.\n# TYPE a counter\n# UNIT a seconds\n# TYPE b gauge\n# TYPE "c.d" gauge\n# just talk\n#\n',
		);
		expect(page).toEqual({
			samples: new Map(),
			heads: new Map([
				['a', {help: 'First\nsecond \\ third.', type: 'counter', unit: 'seconds'}],
				['b', {type: 'gauge'}],
				['c.d', {type: 'gauge'}],
			]),
			badLines: 0,
			ended: false,
		});
	});

	test('ends at the end that OpenMetrics sets, with or without a line feed', () => {
		expect(parseMetrics('a_total 1\na_created 1.7e9\n# EOF\nb 2\n')).toMatchObject({
			samples: new Map([
				['a_total', [one({}, 1)]],
				['a_created', [one({}, 1.7e9)]],
			]),
			ended: true,
		});
		expect(parseMetrics('a 1\n# EOF')).toMatchObject({ended: true, badLines: 0});
	});

	test('takes names in quotes, and infinities in every spelling', () => {
		expect(samplesOf('{"my.name",x="1"} 1\n{"a b"} +Inf\nc -inf\nd Infinity\n{"e","f.g"="2"} 1e3\n')).toEqual([
			['my.name', [one({x: '1'}, 1)]],
			['a b', [one({}, Number.POSITIVE_INFINITY)]],
			['c', [one({}, Number.NEGATIVE_INFINITY)]],
			['d', [one({}, Number.POSITIVE_INFINITY)]],
			['e', [one({'f.g': '2'}, 1000)]],
		]);
	});

	test('of vLLM 0.32.0 reads to the last line', () => {
		const page = parseMetrics(recordedBody('vllm', 'metrics-busy'));
		expect(page.badLines).toBe(0);
		expect(page.samples.get('vllm:num_requests_running')).toEqual([one({engine: '0', model_name: 'tiny'}, 8)]);
		expect(page.heads.get('vllm:time_to_first_token_seconds')?.type).toBe('histogram');
		expect(page.samples.get('http_request_duration_seconds_sum')?.length).toBeGreaterThan(1);
	});
});

describe('histograms and summaries of a page', () => {
	const layout: PageStyle = {blank: '', lineEnd: '\n', commaAtEnd: false};
	const histogram = fc.record({
		bounds: fc.uniqueArray(fc.integer({min: -1000, max: 1000}), {maxLength: 6}).map((all) => all.sort((a, b) => a - b)),
		counts: fc.array(fc.nat(100), {minLength: 7, maxLength: 7}),
		sum: fc.integer(),
	});

	test('come back from their lines, in whatever order these stand', () => {
		const series = fc.uniqueArray(
			fc.tuple(
				labelSet.map((labels) => new Map([...labels].filter(([name]) => name !== 'le'))),
				histogram,
			),
			{
				selector: ([labels]) => JSON.stringify([...labels].sort()),
				maxLength: 3,
			},
		);
		fc.assert(
			fc.property(series, fc.infiniteStream(fc.nat()), (all, order) => {
				const lines = all.flatMap(([labels, {bounds, counts, sum}]) => {
					const edges = [...bounds, Number.POSITIVE_INFINITY];
					return [
						...edges.map((le, place) =>
							sampleLine(
								'h_bucket',
								{
									labels: new Map([...labels, ['le', le === Number.POSITIVE_INFINITY ? '+Inf' : `${le}.0`]]),
									value: counts[place] ?? 0,
								},
								layout,
							),
						),
						sampleLine('h_sum', {labels, value: sum}, layout),
						sampleLine('h_count', {labels, value: 1}, layout),
					];
				});
				const shuffled = lines.map((line) => ({line, at: order.next().value ?? 0})).sort((a, b) => a.at - b.at);
				const found = histogramsOf(parseMetrics(shuffled.map(({line}) => line).join('')), 'h');
				const key = ({labels}: {labels: ReadonlyMap<string, string>}) => JSON.stringify([...labels].sort());
				const expected = all.map(([labels, {bounds, counts, sum}]) => ({
					labels,
					buckets: {bounds: [...bounds, Number.POSITIVE_INFINITY], cumulative: counts.slice(0, bounds.length + 1), sum},
				}));
				const sorted = <Series extends {labels: ReadonlyMap<string, string>}>(list: readonly Series[]) =>
					[...list].sort((a, b) => (key(a) < key(b) ? -1 : 1));
				expect(sorted(found)).toEqual(sorted(expected));
			}),
		);
	});

	test('leave out a histogram without an end, and one with a bound that is no number', () => {
		const page = parseMetrics('h_bucket{le="1"} 1\ng_bucket{le="much"} 1\ng_bucket{le="+Inf"} 1\n');
		expect([histogramsOf(page, 'h'), histogramsOf(page, 'g'), histogramsOf(page, 'none')]).toEqual([[], [], []]);
	});

	test('give a summary its quantiles, sum and count', () => {
		const page = parseMetrics(
			's{quantile="0.9",x="1"} 5\ns{quantile="0.5",x="1"} 3\ns_sum{x="1"} 8\ns_count{x="1"} 2\n',
		);
		expect(summariesOf(page, 's')).toEqual([
			{
				labels: new Map([['x', '1']]),
				quantiles: [
					{quantile: 0.5, value: 3},
					{quantile: 0.9, value: 5},
				],
				sum: 8,
				count: 2,
			},
		]);
	});
});
