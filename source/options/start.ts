/** The start group of flags: a server of our own. */

import type {StartConfig, TargetConfig} from '../config.ts';
import {usageError} from '../errors.ts';
import type {Given} from './given.ts';
import {fromPairs} from './pairs.ts';
import {shown} from './values.ts';

/** What makes sense only with a server that we start. */
const onlyStarted = ['set', 'sweep-server', 'pull', 'keep-server'] as const;

/** The server to start; absent when none is wanted. `extra` are the words behind `--`. */
export function startConfig(
	given: Given,
	{
		target,
		extra,
		isElsewhere,
	}: {readonly target: TargetConfig; readonly extra: readonly string[]; readonly isElsewhere: boolean},
): StartConfig | undefined {
	const named = given.text('preset');
	if (named !== undefined && given.has('start'))
		throw usageError('--preset says what to start; --start is for --engine alone.', 'Leave --start out.');
	if (named === undefined && !given.has('start')) {
		const lonely = onlyStarted.find((flag) => given.has(flag)) ?? (extra.length > 0 ? '' : undefined);
		if (lonely === undefined) return undefined;
		throw usageError(
			lonely === ''
				? `${shown(extra[0] ?? '')} stands behind --, which is for a server that llmtop starts.`
				: `--${lonely} is about a server that llmtop starts, and it starts none.`,
			'Give --preset ID (`llmtop presets` lists them), or --engine NAME --start --model NAME.',
		);
	}
	if (named === undefined && target.engine === 'auto')
		throw usageError(
			'--start needs to know which engine.',
			'For example: --engine vllm --start --model Qwen/Qwen3-0.6B; or --preset ID.',
		);
	if (named !== undefined && target.engine !== 'auto')
		throw usageError(
			'--preset says which engine; --engine is not needed.',
			'Leave it out, or use --engine NAME --start.',
		);
	const settings = settingsOf(given);
	const sweep = sweepOf(given);
	if (sweep !== undefined && Object.hasOwn(settings, sweep.name))
		throw usageError(`--set and --sweep-server both say what ${sweep.name} is.`, 'Leave one of them out.');
	return {
		preset: named ?? target.engine,
		settings: {...addressOf(target, settings, isElsewhere), ...settings},
		extra,
		keep: given.has('keep-server'),
		pull: given.has('pull'),
		...(sweep === undefined ? {} : {sweep}),
	};
}

/** `--set KEY=VALUE`, as often as it is given. */
export function settingsOf(given: Given): Readonly<Record<string, string>> {
	return fromPairs(
		'--set',
		given.all('set').map((text) => pair('--set', text, 'max-num-seqs=64')),
	);
}

function sweepOf(given: Given): StartConfig['sweep'] {
	const text = given.text('sweep-server');
	if (text === undefined) return undefined;
	const [name, list] = pair('--sweep-server', text, 'max-num-seqs=64,128,256');
	const values = list.split(',');
	if (values.some((value) => value === '') || new Set(values).size < values.length)
		throw usageError(
			`--sweep-server ${shown(text)}: it takes different values with commas between them.`,
			'For example: --sweep-server max-num-seqs=64,128,256',
		);
	if (['model', 'host', 'port', 'served-model-name'].includes(name))
		throw usageError(
			`--sweep-server ${shown(name)}=…: the load goes to one address and one model.`,
			'Run llmtop once for each.',
		);
	if (given.has('keep-server'))
		throw usageError(
			'--keep-server leaves one server running, and --sweep-server starts several one after the other.',
			'Leave one of them out.',
		);
	return {name, values};
}

/** A parameter (`model`), a flag with or without its dashes, or an environment variable, and its value. */
function pair(flag: string, text: string, example: string): readonly [key: string, value: string] {
	const cut = text.indexOf('=');
	const key = (cut < 0 ? text : text.slice(0, cut)).replace(/^--?/, '');
	if (cut < 0 || !/^[A-Za-z_][\w.-]*$/.test(key) || /\p{Cc}/u.test(text))
		throw usageError(`${flag} ${shown(text)}: that is not a name, = and a value.`, `For example: ${flag} ${example}`);
	return [key, text.slice(cut + 1)];
}

/** Where it is to listen, when a URL says so: only this machine's own addresses can be started on. */
function addressOf(
	{url}: TargetConfig,
	settings: Readonly<Record<string, string>>,
	isElsewhere: boolean,
): Record<string, string> {
	if (url === undefined) return {};
	const {hostname, port, protocol, pathname} = new URL(url);
	const isHere = hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
	if (!isHere)
		throw usageError(
			isElsewhere
				? `The server is started on the machine that --ssh names, and ${hostname} is another for it.`
				: `A server can be started on this machine only, and ${hostname} is another.`,
			isElsewhere ? 'For example: --url http://127.0.0.1:8001' : 'Leave --url out, or start it there: --ssh HOST.',
		);
	if (protocol !== 'http:' || pathname !== '/')
		throw usageError(
			'A server that llmtop starts answers to plain http, without a path.',
			'For example: --url http://127.0.0.1:8001',
		);
	if (settings.host !== undefined || settings.port !== undefined)
		throw usageError('--url and --set both say where it is to listen.', 'Leave one of them out.');
	return {host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? '80' : port};
}
