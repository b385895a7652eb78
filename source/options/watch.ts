/** Watching: what is meant when no load is given. */

import type {WatchConfig} from '../config.ts';
import {usageError} from '../errors.ts';
import {parseUrl} from './address.ts';
import {type FlagName, flags} from './flags.ts';
import type {Given} from './given.ts';
import {outputConfig} from './output.ts';
import {sshConfig} from './ssh.ts';
import {startConfig} from './start.ts';
import {targetConfig} from './target.ts';

/** What is kept or printed of a load, or says how to load. */
const ofLoads: readonly FlagName[] = [
	...flags.filter(({group}) => group === 'load' || group === 'work' || group === 'goals').map(({name}) => name),
	'api',
	'sweep-server',
	'save',
	'csv',
	'json',
	'label',
];

/** Whether nothing was said about a load, or that there shall be none. */
export function isWatch(given: Given): boolean {
	return given.has('watch') || !ofLoads.some((name) => given.has(name));
}

/** @throws ExpectedError with exit code 2 */
export function watchConfig(
	given: Given,
	options: {readonly engines: readonly string[]; readonly environment: NodeJS.ProcessEnv},
	extra: readonly string[],
): WatchConfig {
	const ofLoad = ofLoads.find((name) => given.has(name));
	if (ofLoad !== undefined)
		throw usageError(`--${ofLoad} is about a load, and --watch puts none on a server.`, 'Leave one of them out.');
	const {url: _, ...target} = targetConfig(given, options);
	const urls = given.all('url').map((text) => parseUrl('--url', text));
	const twice = urls.find((url, place) => urls.indexOf(url) < place);
	if (twice !== undefined) throw usageError(`--url ${twice} is given twice.`, 'Give each server once.');
	const ssh = sshConfig(given, {isLoad: false});
	const start = startConfig(given, {
		target: urls[0] === undefined ? target : {...target, url: urls[0]},
		extra,
		isElsewhere: ssh !== undefined,
	});
	if (start !== undefined && urls.length > 1)
		throw usageError('llmtop starts one server, and several are named.', 'Give one --url.');
	if (ssh !== undefined && ssh.boxes.length > 1 && (start !== undefined || urls.length > 0))
		throw usageError(
			`--${start === undefined ? 'url' : 'preset'} is about one server, and several machines are named.`,
			'Give one --ssh.',
		);
	return {
		target,
		urls,
		...(ssh === undefined ? {} : {ssh}),
		...(start === undefined ? {} : {start}),
		output: outputConfig(given),
	};
}
