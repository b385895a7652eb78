/** The goals and output groups of flags. */

import type {GoalsConfig, OutputConfig} from '../config.ts';
import {usageError} from '../errors.ts';
import {type Given, optional} from './given.ts';
import {fromPairs, parseLabel, parseSlo} from './pairs.ts';
import {parseChoice, parseDecimal, shown} from './values.ts';

const themes = ['dark', 'light', 'mono', 'sixteen'] as const;

export function goalsConfig(given: Given): GoalsConfig {
	const slo = optional(given, 'slo', (text) => parseSlo('--slo', text)) ?? {};
	if (given.has('no-stream') && (slo.ttftMs !== undefined || slo.tpotMs !== undefined)) {
		throw usageError(
			`--slo ${slo.ttftMs === undefined ? 'tpot' : 'ttft'} needs streams: without them no token's arrival is seen.`,
			'Leave --no-stream out, or keep only e2e.',
		);
	}
	return {slo, strict: given.has('strict')};
}

export function outputConfig(given: Given): OutputConfig {
	const json = given.has('json');
	const headless = json || given.has('headless');
	const screenReader = given.has('screen-reader');
	noViewNoWishes(given, {json, headless, screenReader});
	const saveFile = outputFile('save', given);
	const csvFile = outputFile('csv', given);
	if (saveFile !== undefined && saveFile === csvFile) {
		throw usageError(`--save and --csv would both write ${shown(saveFile)}.`, 'Give each a file of its own.');
	}
	const fps = optional(given, 'fps', (text) => parseDecimal('--fps', text, {least: 0.2, most: 30}));
	const theme = optional(given, 'theme', (text) => parseChoice('--theme', text, themes));
	return {
		...(saveFile === undefined ? {} : {saveFile}),
		...(csvFile === undefined ? {} : {csvFile}),
		json,
		headless,
		...(fps === undefined ? {} : {fps}),
		ascii: given.has('ascii'),
		color: !given.has('no-color'),
		...(theme === undefined ? {} : {theme}),
		mouse: given.has('mouse'),
		screenReader,
		quiet: given.has('quiet'),
		labels: fromPairs(
			'--label',
			given.all('label').map((text) => parseLabel('--label', text)),
		),
	};
}

/** What is only about the live view, or another way to show a run, makes no sense where there is none. */
function noViewNoWishes(
	given: Given,
	{json, headless, screenReader}: Record<'json' | 'headless' | 'screenReader', boolean>,
) {
	const without = json ? 'json' : headless ? 'headless' : screenReader ? 'screen-reader' : undefined;
	if (without === undefined) return;
	const wish = (['fps', 'theme', 'mouse'] as const).find((name) => given.has(name));
	if (wish !== undefined)
		throw usageError(`--${wish} is about the live view, and --${without} has none.`, 'Leave one of them out.');
	if (screenReader && without !== 'screen-reader')
		throw usageError(
			`--screen-reader says how a run goes, and --${without} says it in another way.`,
			'Leave one of them out.',
		);
}

/** The path of a file to write; only its spelling is looked at. */
export function outputFile(flag: 'save' | 'csv', given: Given): string | undefined {
	return optional(given, flag, (text) => {
		if (/\/$|^\.{1,2}$/.test(text)) {
			throw usageError(
				`--${flag} ${shown(text)}: that is a folder.`,
				`For example: --${flag} ${text}/run.${flag === 'csv' ? 'csv' : 'json'}`.replace('//', '/'),
			);
		}
		if (text === '-') {
			throw usageError(
				`--${flag} -: results go to a file.`,
				flag === 'csv'
					? 'For CSV on standard output: llmtop report FILE --format csv'
					: 'For JSON on standard output: --json',
			);
		}
		return text;
	});
}
