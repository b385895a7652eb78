import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {ExpectedError} from '../../source/errors.ts';
import {parseHeader, parseKeyVariable, parseUrl} from '../../source/options/address.ts';
import {parseLevels} from '../../source/options/levels.ts';
import {parseMoment} from '../../source/options/moment.ts';
import {parseBodyMember, parseLabel, parseSlo} from '../../source/options/pairs.ts';
import {formatDuration, parseCount, parseDecimal, parseDuration, shown} from '../../source/options/values.ts';

const day = 86_400_000;

describe('a duration', () => {
	const parse = (text: string) => parseDuration('--duration', text, {least: 0, most: 30 * day});

	test.each([
		['90s', 90_000],
		['5m', 300_000],
		['1h30m', 5_400_000],
		['500ms', 500],
		['1.5s', 1_500],
		['1.1s', 1_100],
		['1d2h3m4s5ms', 93_784_005],
		['0s', 0],
	])('%s is %d ms', (text, ms) => {
		expect(parse(text)).toBe(ms);
	});

	test('comes back from its own spelling', () => {
		fc.assert(
			fc.property(fc.nat({max: 30 * day}), (ms) => {
				expect(parse(formatDuration(ms))).toBe(ms);
			}),
		);
	});
});

describe('a moment of a session', () => {
	test.each([
		['0:00', 0],
		['1:30', 90_000],
		['01:30', 90_000],
		['90:00', 5_400_000],
		['1:02:03', 3_723_000],
		['0:05.5', 5_500],
		['90s', 90_000],
		['1m30s', 90_000],
	])('%s is %d ms', (text, ms) => {
		expect(parseMoment('--at', text)).toBe(ms);
	});
});

describe('a list of levels', () => {
	const whole = {least: 1, most: 65_535, whole: true};

	test.each([
		['8', [8]],
		['1,8,32', [1, 8, 32]],
		['32,8,32', [32, 8, 32]],
		['1..1024x2', [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]],
		['1..100x3', [1, 3, 9, 27, 81]],
		['10..100+10', [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]],
		['1,8..64x2,100..300+100', [1, 8, 16, 32, 64, 100, 200, 300]],
		['1..4kx10', [1, 10, 100, 1000]],
		['5..5x2', [5]],
	])('%s is %j', (text, levels) => {
		expect(parseLevels('--sweep', text, whole)).toEqual(levels);
	});

	test('of rates has decimals without dirt', () => {
		expect(parseLevels('--rate', '0.1..0.5+0.1,0.5..4x2', {least: 0.001, most: 1e5, whole: false})).toEqual([
			0.1, 0.2, 0.3, 0.4, 0.5, 0.5, 1, 2, 4,
		]);
	});

	test('comes back from its numbers', () => {
		fc.assert(
			fc.property(fc.array(fc.integer({min: 1, max: 65_535}), {minLength: 1, maxLength: 50}), (levels) => {
				expect(parseLevels('--sweep', levels.join(','), whole)).toEqual(levels);
			}),
		);
	});

	test('of a range begins at its first number, keeps its step and stops before it passes the last', () => {
		fc.assert(
			fc.property(
				fc.integer({min: 1, max: 900}),
				fc.nat({max: 900}),
				fc.integer({min: 2, max: 20}),
				(from, more, step) => {
					const to = from + more;
					const added = parseLevels('--sweep', `${from}..${to}+${step}`, whole);
					expect(added).toEqual(Array.from({length: Math.floor(more / step) + 1}, (_, place) => from + place * step));
					const multiplied = parseLevels('--sweep', `${from}..${to}x${step}`, whole);
					expect(multiplied[0]).toBe(from);
					expect(multiplied.slice(1)).toEqual(multiplied.slice(0, -1).map((level) => level * step));
					expect((multiplied.at(-1) ?? 0) * step).toBeGreaterThan(to);
				},
			),
		);
	});
});

describe('a count', () => {
	test('may have k, m, Ki and Mi behind it', () => {
		const parse = (text: string) => parseCount('--requests', text, {least: 1, most: 1e8});
		expect(['7', '10k', '2m', '4Ki', '1Mi'].map(parse)).toEqual([7, 10_000, 2_000_000, 4_096, 1_048_576]);
	});
});

describe('a URL', () => {
	test.each([
		['http://127.0.0.1:8000', 'http://127.0.0.1:8000'],
		['http://127.0.0.1:8000/', 'http://127.0.0.1:8000'],
		['http://127.0.0.1:8000/v1', 'http://127.0.0.1:8000'],
		['http://127.0.0.1:8000/v1/', 'http://127.0.0.1:8000'],
		['HTTP://LocalHost:8000//', 'http://localhost:8000'],
		['https://gateway.example/team-a/v1', 'https://gateway.example/team-a'],
		['http://[::1]:11434/v1', 'http://[::1]:11434'],
	])('%s means the server at %s', (text, base) => {
		expect(parseUrl('--url', text)).toBe(base);
	});
});

describe('a header', () => {
	test('is a name and a value, blanks around them taken off', () => {
		expect(parseHeader('--header', 'X-Trace:  a: b ', {})).toEqual(['X-Trace', 'a: b']);
	});
	test('takes secrets from the environment', () => {
		expect(parseHeader('--header', `Authorization: Basic \${LOGIN}`, {LOGIN: 'dTpw'})).toEqual([
			'Authorization',
			'Basic dTpw',
		]);
	});
	test('cannot smuggle another header in through the environment', () => {
		expect(() => parseHeader('--header', `X: \${EVIL}`, {EVIL: 'a\r\nY: b'})).toThrow(
			'--header X: its value has characters that no header can carry (it is not shown here).',
		);
	});
});

describe('text in an error', () => {
	test('has no control characters, no keys and an end', () => {
		expect([shown('a\u001b[31mb\r\nc'), shown('sk-abcdef123'), shown('x'.repeat(99)), shown('')]).toEqual([
			"'a [31mb c'",
			'sk-…',
			`${'x'.repeat(59)}…`,
			"''",
		]);
	});
});

describe('whatever is typed', () => {
	const parsers: Readonly<Record<string, (text: string) => unknown>> = {
		duration: (text) => parseDuration('--duration', text, {least: 100, most: day}),
		count: (text) => parseCount('--concurrency', text, {least: 1, most: 65_535}),
		decimal: (text) => parseDecimal('--fps', text, {least: 0.2, most: 30}),
		levels: (text) => parseLevels('--sweep', text, {least: 1, most: 65_535, whole: true}),
		rates: (text) => parseLevels('--rate', text, {least: 0.001, most: 1e5, whole: false}),
		url: (text) => parseUrl('--url', text),
		header: (text) => parseHeader('--header', text, {}),
		variable: (text) => parseKeyVariable('--api-key-env', text, {}),
		label: (text) => parseLabel('--label', text),
		body: (text) => parseBodyMember('--body', text),
		slo: (text) => parseSlo('--slo', text),
	};
	const typed = fc.oneof(
		fc.string({maxLength: 40}),
		fc.string({unit: 'binary', maxLength: 40}),
		fc.string({unit: fc.constantFrom(...'0123456789.,x+-*msh:/@=kKM {}$_e'), maxLength: 20}),
	);

	test.each(Object.keys(parsers))('a %s is understood or refused in one plain line, and never crashes', (name) => {
		fc.assert(
			fc.property(typed, (text) => {
				try {
					parsers[name]?.(text);
				} catch (error) {
					if (!(error instanceof ExpectedError)) throw error;
					expect(error.exitCode).toBe(2);
					expect(`${error.message}${error.advice}`).not.toMatch(/\p{Cc}/u);
				}
			}),
			{numRuns: 500},
		);
	});

	test('what is suggested as nearest is accepted', () => {
		const flags = ['duration', 'count', 'decimal', 'levels', 'rates', 'slo'];
		fc.assert(
			fc.property(fc.constantFrom(...flags), typed, (name, text) => {
				try {
					parsers[name]?.(text);
				} catch (error) {
					const advice = error instanceof ExpectedError ? (error.advice ?? '') : '';
					const nearest = /^Nearest: --[\w-]+ ([^\s']+)$/.exec(advice)?.[1];
					if (nearest === undefined) return;
					try {
						parsers[name]?.(nearest);
					} catch {
						throw new Error(`${name} ${JSON.stringify(text)} suggests ${nearest}, which is refused`);
					}
				}
			}),
			{numRuns: 3000},
		);
	});
});
