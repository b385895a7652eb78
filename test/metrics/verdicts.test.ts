import {describe, expect, test} from 'vitest';
import {cacheVerdict, clientVerdict, lengthVerdict} from '../../source/metrics/verdicts.ts';

describe('client verdict', () => {
	const fit = {
		loopDelayP99Ms: 0.8,
		cpuRatio: 0.31,
		sharedReadRatio: 0.02,
		held: {mean: 31.94, asked: 32},
		failedRatio: 0,
	};

	test('a fit client is ok, and the reason says how fit', () => {
		expect(clientVerdict(fit)).toEqual({
			value: 'ok',
			reason:
				'The busiest load thread used 31.0 % of a core; the load threads ran at most 0.8 ms late at p99; ' +
				'31.9 of 32 streams were held.',
		});
		expect(clientVerdict({scheduleLagMs: 1.24, failedRatio: 0})).toEqual({
			value: 'ok',
			reason: 'Requests left within 1.2 ms of their schedule.',
		});
	});

	test.each([
		[{loopDelayP99Ms: 5}, 'ok'],
		[{loopDelayP99Ms: 5.1}, 'suspect'],
		[{loopDelayP99Ms: 20}, 'suspect'],
		[{loopDelayP99Ms: 20.1}, 'client-limited'],
		[{cpuRatio: 0.75}, 'ok'],
		[{cpuRatio: 0.76}, 'suspect'],
		[{cpuRatio: 0.91}, 'client-limited'],
		[{scheduleLagMs: 10}, 'ok'],
		[{scheduleLagMs: 11}, 'suspect'],
		[{scheduleLagMs: 51}, 'client-limited'],
		[{held: {mean: 30.4, asked: 32}}, 'ok'],
		[{held: {mean: 30.3, asked: 32}}, 'suspect'],
		[{held: {mean: 28.7, asked: 32}}, 'client-limited'],
	] as const)('with %j it is %s', (change, value) => {
		expect(clientVerdict({...fit, ...change}).value).toBe(value);
	});

	test('the reason names everything that is as bad as the verdict', () => {
		expect(clientVerdict({...fit, loopDelayP99Ms: 34.25, cpuRatio: 0.996, held: {mean: 31, asked: 32}})).toEqual({
			value: 'client-limited',
			reason: 'A load thread ran 34.3 ms late at p99; a load thread used 99.6 % of a core.',
		});
		expect(clientVerdict({...fit, cpuRatio: 1, scheduleLagMs: 12}).reason).toBe('A load thread used 100 % of a core.');
		expect(clientVerdict({...fit, cpuRatio: 0.8, scheduleLagMs: 12}).reason).toBe(
			'A load thread used 80.0 % of a core; requests left up to 12.0 ms after their schedule.',
		);
	});

	test('events that share a read count only against a client that is suspect anyway', () => {
		expect(clientVerdict({...fit, sharedReadRatio: 0.6}).value).toBe('ok');
		expect(clientVerdict({...fit, sharedReadRatio: 0.6}).reason).toMatch(
			/60\.0 % of the events shared a read, as the server or the network sent them\.$/,
		);
		expect(clientVerdict({...fit, cpuRatio: 0.8, sharedReadRatio: 0.2}).value).toBe('suspect');
		expect(clientVerdict({...fit, cpuRatio: 0.8, sharedReadRatio: 0.26})).toEqual({
			value: 'client-limited',
			reason: '26.0 % of the events shared a read with another.',
		});
		expect(clientVerdict({...fit, held: {mean: 30, asked: 32}, sharedReadRatio: 0.9}).value).toBe('suspect');
	});

	test('streams that are missing because requests failed are not blamed on the client alone', () => {
		expect(clientVerdict({...fit, held: {mean: 8.25, asked: 32}, failedRatio: 0.4})).toEqual({
			value: 'suspect',
			reason: 'Only 8.3 of 32 streams were held, with 40.0 % of the requests failed.',
		});
	});
});

describe('cache verdict', () => {
	test('unique prompts are cold as long as nothing that the server says contradicts', () => {
		expect(cacheVerdict({uniquePrompts: true})).toEqual({
			value: 'cold',
			reason: 'Every prompt began with unique characters.',
		});
		expect(cacheVerdict({uniquePrompts: true, prefixCache: {queries: 1000, hits: 20}})).toEqual({
			value: 'cold',
			reason:
				"Every prompt began with unique characters; 2.0 % of the prompt tokens came from the cache, by the server's counters.",
		});
		expect(cacheVerdict({uniquePrompts: true, prefixCache: {queries: 1000, hits: 51}}).value).toBe('warm');
	});

	test('repeated prompts are what the server says, and unknown when it says nothing', () => {
		expect(cacheVerdict({uniquePrompts: false})).toEqual({
			value: 'unknown',
			reason: 'Prompts were repeated, and the server does not tell what its cache answered.',
		});
		expect(cacheVerdict({uniquePrompts: false, prefixCache: {queries: 0, hits: 0}}).value).toBe('unknown');
		expect(cacheVerdict({uniquePrompts: false, inputTokens: 400, cachedTokens: 0})).toEqual({
			value: 'cold',
			reason: "0 % of the prompt tokens came from the cache, by the answers' usage.",
		});
		expect(cacheVerdict({uniquePrompts: false, inputTokens: 400, cachedTokens: 384})).toEqual({
			value: 'warm',
			reason: "96.0 % of the prompt tokens came from the cache, by the answers' usage.",
		});
	});

	test('one source that says warm is enough', () => {
		const facts = {uniquePrompts: true, inputTokens: 400, cachedTokens: 0, prefixCache: {queries: 400, hits: 200}};
		expect(cacheVerdict(facts)).toEqual({
			value: 'warm',
			reason: "50.0 % of the prompt tokens came from the cache, by the server's counters.",
		});
	});
});

describe('length verdict', () => {
	test('it is honoured when every answer has as many tokens as were asked for', () => {
		expect(lengthVerdict({asked: true, counted: 256, short: 0, source: 'usage'})).toEqual({
			value: 'honoured',
			reason: 'All 256 answers had the length asked for.',
		});
	});

	test('one short answer is enough, by the count', () => {
		expect(
			lengthVerdict({asked: true, counted: 256, short: 3, shortest: {tokens: 6, asked: 512}, source: 'engine'}),
		).toEqual({
			value: 'not honoured',
			reason: '3 of 256 answers (1.2 %) ended before the length asked for, the shortest after 6 of 512 tokens.',
		});
	});

	test('a count that is not the server’s own says so', () => {
		expect(lengthVerdict({asked: true, counted: 4, short: 4, source: 'events'}).reason).toBe(
			'4 of 4 answers (100 %) ended before the length asked for, counted by events, which can hold several tokens or none.',
		);
		expect(lengthVerdict({asked: true, counted: 4, short: 0, source: 'local'})).toEqual({
			value: 'unknown',
			reason: "The tokens were counted again here, and that count need not be the engine's.",
		});
	});

	test('where it was not asked for, short answers are no fault', () => {
		expect(lengthVerdict({asked: false, how: 'ignore_eos', counted: 4, short: 4})).toEqual({
			value: 'not asked',
			reason: 'Answers may end where the model wants.',
		});
	});

	test('where it was not honoured, the reason says how it was asked for, or that the engine cannot', () => {
		expect(lengthVerdict({asked: true, how: 'num_predict, which only limits', counted: 4, short: 1})).toEqual({
			value: 'not honoured',
			reason:
				'1 of 4 answers (25.0 %) ended before the length asked for; how it can be asked for: num_predict, which only limits.',
		});
	});

	test('before the first answer nothing is known', () => {
		expect(lengthVerdict({asked: true, counted: 0, short: 0})).toEqual({
			value: 'unknown',
			reason: 'No answer has ended yet.',
		});
	});
});
