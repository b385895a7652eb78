/** The work group of flags: what each request asks. */

import type {WorkConfig} from '../config.ts';
import {usageError} from '../errors.ts';
import {type Given, optional} from './given.ts';
import {fromPairs, parseBodyMember} from './pairs.ts';
import {parseChoice, parseCount, parseDecimal, shown} from './values.ts';

/** The workload that is meant when nothing says what to send. */
const defaultWorkload = 'long-text';

export function workConfig(
	given: Given,
	{workloads, freshSeed}: {readonly workloads: readonly string[]; readonly freshSeed: number},
): WorkConfig {
	const sources = (['prompt', 'prompt-tokens', 'dataset'] as const).filter((flag) => given.has(flag));
	if (sources.length > 1) {
		throw usageError(`--${sources[0]} and --${sources[1]} both say what to send.`, 'Keep one of them.');
	}
	const named = optional(given, 'workload', (text) => parseChoice('--workload', text, workloads));
	const datasetFile = given.text('dataset');
	if (named === 'dataset' && datasetFile === undefined) {
		throw usageError(
			'--workload dataset takes its prompts from a file, and there is none.',
			'Give --dataset FILE.jsonl',
		);
	}
	const prompt = given.text('prompt');
	const system = given.text('system');
	const promptTokens = optional(given, 'prompt-tokens', (text) =>
		parseCount('--prompt-tokens', text, {least: 1, most: 1_000_000}),
	);
	const maxTokens = optional(given, 'max-tokens', (text) =>
		parseCount('--max-tokens', text, {least: 1, most: 1_000_000}),
	);
	const temperature = optional(given, 'temperature', (text) =>
		parseDecimal('--temperature', text, {least: 0, most: 2}),
	);
	const own = datasetFile === undefined ? 'custom' : 'dataset';
	return {
		workload: named ?? (sources.length === 0 ? defaultWorkload : own),
		...(prompt === undefined ? {} : {prompt}),
		...(system === undefined ? {} : {system}),
		...(promptTokens === undefined ? {} : {promptTokens}),
		...(datasetFile === undefined ? {} : {datasetFile}),
		...(maxTokens === undefined ? {} : {maxTokens}),
		...(given.has('natural-end') ? {naturalEnd: true} : {}),
		...(temperature === undefined ? {} : {temperature}),
		seed: optional(given, 'seed', (text) => parseCount('--seed', text, {least: 0, most: 4_294_967_295})) ?? freshSeed,
		cache: parseChoice('--cache', given.text('cache') ?? 'cold', ['cold', 'warm']),
		tokens: tokenCounting(given.text('tokens') ?? 'auto'),
		body: fromPairs(
			'--body',
			given.all('body').map((text) => parseBodyMember('--body', text)),
		),
	};
}

function tokenCounting(text: string): WorkConfig['tokens'] {
	const names = ['auto', 'cl100k', 'o200k'] as const;
	if (text.endsWith('.json')) return {tokenizerFile: text};
	if (names.some((name) => name === text) || !/[/\\]/.test(text)) return parseChoice('--tokens', text, names);
	throw usageError(
		`--tokens ${shown(text)}: a tokenizer file ends in .json.`,
		'Give the tokenizer.json of the model, or auto, cl100k or o200k.',
	);
}
