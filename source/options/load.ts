/** The load group of flags: which mode, how much, how long. */

import type {LimitsConfig, LoadConfig} from '../config.ts';
import {usageError} from '../errors.ts';
import type {FlagName} from './flags.ts';
import {type Given, optional} from './given.ts';
import {type LevelBounds, parseLevels} from './levels.ts';
import {type Bounds, parseChoice, parseCount, parseDuration, shown} from './values.ts';

/** A port has no more numbers than this, so neither has a server more connections from one address. */
const streams: LevelBounds = {least: 1, most: 65_535, whole: true};
const rates: LevelBounds = {least: 0.001, most: 100_000, whole: false};
const hour = 3_600_000;
const timeouts: Bounds = {least: 1, most: 24 * hour};

const stopReasons = ['saturation', 'slo'] as const;

/** Flags that say what to do but not how much at once: one stream then. */
const impliesOneStream = ['requests', 'duration', 'workload', 'prompt', 'prompt-tokens', 'dataset'] as const;

export function loadConfig(given: Given, {demo}: {readonly demo: boolean}): LoadConfig {
	const bareBurst = given.text('burst') === '';
	const modes = (['concurrency', 'burst', 'sweep', 'rate'] as const).filter(
		(flag) => given.has(flag) && !(flag === 'burst' && bareBurst && given.has('sweep')),
	);
	const [mode, second] = modes;
	if (mode !== undefined && second !== undefined) throw twoModes(mode, second);
	if (given.has('arrival') && mode !== 'rate') {
		throw usageError(
			'--arrival is about an open loop, and there is no --rate.',
			'For example: --rate 10 --arrival poisson',
		);
	}
	switch (mode) {
		case 'concurrency':
			return {mode: 'closed', levels: [oneLevel('concurrency', given, '--sweep LIST')]};
		case 'burst':
			if (bareBurst)
				throw usageError(
					'--burst needs to know how many requests.',
					'For example: --burst 32, or --sweep 1,8,32 --burst',
				);
			return {mode: 'burst', levels: [oneLevel('burst', given, '--sweep LIST --burst')]};
		case 'sweep':
			return {
				mode: given.has('burst') ? 'burst' : 'closed',
				levels: parseLevels('--sweep', given.text('sweep') ?? '', streams),
			};
		case 'rate':
			return {
				mode: 'open',
				levels: parseLevels('--rate', given.text('rate') ?? '', rates),
				arrival: parseChoice('--arrival', given.text('arrival') ?? 'poisson', ['constant', 'poisson']),
			};
		case undefined:
			if (demo) return {mode: 'closed', levels: [32]};
			if (impliesOneStream.some((flag) => given.has(flag))) return {mode: 'closed', levels: [1]};
			throw usageError(
				'No load was given.',
				'Give --concurrency 8, --burst 32, --sweep 1,8,32 or --rate 10; `llmtop demo` works without any server.',
			);
		default:
			throw mode satisfies never;
	}
}

function oneLevel(flag: 'concurrency' | 'burst', given: Given, forSeveral: string): number {
	const text = given.text(flag) ?? '';
	if (/^[\d.x+,]+$/.test(text) && /,|\.\./.test(text)) {
		throw usageError(
			`--${flag} ${shown(text)}: it takes one number.`,
			`For several levels: ${forSeveral.replace('LIST', text)}`,
		);
	}
	return parseCount(`--${flag}`, text, streams);
}

function twoModes(first: FlagName, second: FlagName): Error {
	const advice =
		first === 'burst' && second === 'sweep'
			? 'For bursts of several sizes: --sweep LIST --burst, without a number.'
			: 'Keep one; --sweep runs several levels one after the other.';
	return usageError(`--${first} and --${second} are two kinds of load, and a run has one.`, advice);
}

export function limitsConfig(given: Given, load: LoadConfig): LimitsConfig {
	const stream = !given.has('no-stream');
	if (load.mode === 'burst') {
		for (const flag of ['requests', 'duration'] as const) {
			if (!given.has(flag)) continue;
			throw usageError(
				`--${flag} makes no sense with --burst: a burst is over when each of its requests has ended.`,
				'Use --repeat N for several bursts of the same size.',
			);
		}
	}
	if (given.has('ramp') && load.mode !== 'closed') {
		throw usageError(
			`--ramp starts the streams of a closed loop one by one; ${load.mode === 'burst' ? 'a burst starts all at once' : '--rate has a schedule'}.`,
			'Leave it out, or use --concurrency.',
		);
	}
	if (given.has('stop-at') && load.levels.length < 2) {
		throw usageError(
			'--stop-at ends a sweep early, and there is only one level.',
			'For example: --sweep 1..1024x2 --stop-at saturation',
		);
	}
	if (given.has('stop-at') && given.text('stop-at') === 'slo' && !given.has('slo')) {
		throw usageError('--stop-at slo needs goals.', 'For example: --slo ttft=500,tpot=50 --stop-at slo');
	}
	if (!stream) {
		for (const flag of ['timeout-first-token', 'timeout-idle'] as const) {
			if (!given.has(flag)) continue;
			throw usageError(
				`--${flag} watches a stream, and --no-stream asks for whole responses.`,
				'Use --timeout-total, or leave --no-stream out.',
			);
		}
	}
	const count = (flag: FlagName, bounds: Bounds) =>
		optional(given, flag, (text) => parseCount(`--${flag}`, text, bounds));
	const time = (flag: FlagName, bounds: Bounds) =>
		optional(given, flag, (text) => parseDuration(`--${flag}`, text, bounds));
	const requests = count('requests', {least: 1, most: 100_000_000});
	const durationMs = time('duration', {least: 100, most: 30 * 24 * hour});
	const stopAt = optional(given, 'stop-at', (text) => parseChoice('--stop-at', text, stopReasons));
	const workers = count('workers', {least: 1, most: 256});
	const firstTokenTimeoutMs = time('timeout-first-token', timeouts);
	const totalTimeoutMs = time('timeout-total', timeouts);
	return {
		...(requests === undefined ? {} : {requests}),
		...(durationMs === undefined ? {} : {durationMs}),
		warmup: count('warmup', {least: 0, most: 100_000}) ?? 1,
		rampMs: time('ramp', {least: 0, most: hour}) ?? 0,
		repeat: count('repeat', {least: 1, most: 100}) ?? 1,
		...(stopAt === undefined ? {} : {stopAt}),
		stream,
		...(workers === undefined ? {} : {workers}),
		transport: parseChoice('--transport', given.text('transport') ?? 'net', ['net', 'undici']),
		...(firstTokenTimeoutMs === undefined ? {} : {firstTokenTimeoutMs}),
		idleTimeoutMs: time('timeout-idle', timeouts) ?? 60_000,
		...(totalTimeoutMs === undefined ? {} : {totalTimeoutMs}),
		retry: count('retry', {least: 0, most: 100}) ?? 0,
	};
}
