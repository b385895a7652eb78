import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import type {PathFacts} from '../../source/metrics/path-findings.ts';
import {clientVerdict} from '../../source/metrics/verdicts.ts';

const fit: PathFacts = {
	way: 'tunnel',
	idleRoundTripMs: 11,
	roundTripMs: {count: 120, mean: 12, p50: 12, p99: 19, max: 40},
	sshCpuRatio: 0.1,
	ttftMs: 142,
	gapMs: 21,
};

const verdict = (changes: Partial<PathFacts> = {}) => clientVerdict({failedRatio: 0, path: {...fit, ...changes}});

/** Round trips of which all took as long. */
const trips = (ms: number, count = 120) => ({count, mean: ms, p50: ms, ...(count < 100 ? {} : {p99: ms}), max: ms});

describe('the client verdict of a load over SSH', () => {
	test('is ok when the round trip under load is as without, and says both', () => {
		expect(verdict()).toEqual({
			value: 'ok',
			reason: 'The round trip through the tunnel was 12.0 ms, 11.0 ms without load.',
		});
		expect(verdict({way: 'direct'}).reason).toBe('The round trip there was 12.0 ms, 11.0 ms without load.');
	});

	test('is ok however long the way is, as long as nothing waits in it', () => {
		expect(verdict({idleRoundTripMs: 300, roundTripMs: trips(305)}).value).toBe('ok');
	});

	test('is client-limited when a round trip waits for a quarter of a TTFT, or longer than a gap', () => {
		expect(verdict({roundTripMs: trips(11 + 36), gapMs: 100})).toEqual({
			value: 'client-limited',
			reason: 'A round trip through the tunnel took 47 ms at the median, 11 ms without load (median TTFT 142 ms).',
		});
		expect(verdict({roundTripMs: trips(11 + 25), ttftMs: 2_000})).toEqual({
			value: 'client-limited',
			reason: 'A round trip through the tunnel took 36 ms at the median, 11 ms without load (mean gap 21 ms).',
		});
	});

	test('is suspect when it waits for a tenth of a TTFT, or half a gap', () => {
		expect(verdict({roundTripMs: trips(11 + 15), gapMs: 100}).value).toBe('suspect');
		expect(verdict({roundTripMs: trips(11 + 12), ttftMs: 2_000}).value).toBe('suspect');
		expect(verdict({roundTripMs: trips(11 + 10), ttftMs: 2_000}).value).toBe('ok');
	});

	test('is suspect when all streams stand still now and then', () => {
		expect(verdict({roundTripMs: {...trips(12), p99: 140, max: 300}})).toEqual({
			value: 'suspect',
			reason: 'A round trip through the tunnel took 140 ms at p99, 11 ms without load.',
		});
		expect(verdict({roundTripMs: {...trips(12, 40), max: 900}}).reason).toBe(
			'A round trip through the tunnel took 900 ms once, 11 ms without load.',
		);
		expect(verdict({roundTripMs: {...trips(12), p99: 140, max: 300}, gapMs: 500, ttftMs: 5_000}).value).toBe('ok');
	});

	test('is client-limited when the connection was lost', () => {
		expect(verdict({lost: {times: 1, ms: 3_210}})).toEqual({
			value: 'client-limited',
			reason: 'The SSH connection was lost once, for 3.2 s.',
		});
		expect(verdict({lost: {times: 3, ms: 400}}).reason).toBe('The SSH connection was lost 3 times, for 0.4 s.');
	});

	test('is what the CPU time of ssh makes it', () => {
		expect(verdict({sshCpuRatio: 0.75}).value).toBe('ok');
		expect(verdict({sshCpuRatio: 0.8})).toEqual({
			value: 'suspect',
			reason: 'The ssh of the tunnel used 80.0 % of a core.',
		});
		expect(verdict({sshCpuRatio: 0.91}).value).toBe('client-limited');
	});

	test('with HTTP of its own is never worse than suspect by the way', () => {
		const worst = {roundTripMs: trips(5_000), lost: {times: 2, ms: 8_000}};
		expect(verdict(worst).value).toBe('client-limited');
		expect(verdict({...worst, way: 'direct'}).value).toBe('suspect');
	});

	test('rests on nothing where no round trip was measured', () => {
		const {idleRoundTripMs: _, ...rest} = fit;
		const silent = {...rest, roundTripMs: {count: 0}};
		expect(clientVerdict({failedRatio: 0, path: silent})).toEqual({
			value: 'ok',
			reason: 'Nothing was measured that would tell against the client.',
		});
	});

	test('compares with the time of a whole response where nothing is streamed', () => {
		const {gapMs: _, ...rest} = fit;
		expect(clientVerdict({failedRatio: 0, path: {...rest, ttftMs: 1_000, roundTripMs: trips(111)}}).value).toBe('ok');
		expect(clientVerdict({failedRatio: 0, path: {...rest, ttftMs: 300, roundTripMs: trips(111)}}).value).toBe(
			'client-limited',
		);
	});

	test('never gets better when the way gets worse', () => {
		const rank = {ok: 0, suspect: 1, 'client-limited': 2};
		const ms = fc.double({min: 0, max: 5_000, noNaN: true});
		fc.assert(
			fc.property(ms, ms, ms, ms, fc.double({min: 0, max: 1, noNaN: true}), (idle, one, other, ttft, cpu) => {
				const [shorter, longer] = [Math.min(one, other), Math.max(one, other)];
				const at = (p50: number, more: Partial<PathFacts> = {}) =>
					rank[verdict({idleRoundTripMs: idle, roundTripMs: trips(p50), ttftMs: ttft, ...more}).value];
				expect(at(longer)).toBeGreaterThanOrEqual(at(shorter));
				expect(at(shorter, {sshCpuRatio: cpu})).toBeGreaterThanOrEqual(at(shorter, {sshCpuRatio: 0}));
				expect(at(shorter, {lost: {times: 1, ms: 1}})).toBe(2);
				expect(at(shorter, {way: 'direct'})).toBeLessThanOrEqual(Math.min(1, at(shorter)));
			}),
		);
	});
});
