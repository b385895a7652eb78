/** The target group of flags: which server is meant. */

import type {TargetConfig} from '../config.ts';
import {usageError} from '../errors.ts';
import {parseHeader, parseKeyVariable, parseUrl} from './address.ts';
import type {Given} from './given.ts';
import {parseChoice, shown} from './values.ts';

const apis = ['chat', 'completions', 'native-chat', 'native-completions'] as const;

export function targetConfig(
	given: Given,
	{engines, environment}: {readonly engines: readonly string[]; readonly environment: NodeJS.ProcessEnv},
): TargetConfig {
	const url = given.text('url');
	const model = given.text('model');
	const api = given.text('api');
	const apiKeyEnv = given.text('api-key-env');
	const caCertFile = given.text('cacert');
	const base = url === undefined ? undefined : parseUrl('--url', url);
	for (const flag of ['insecure', 'cacert'] as const) {
		if (!given.has(flag) || base?.startsWith('https:')) continue;
		throw usageError(
			`--${flag} is about TLS, and ${base === undefined ? 'no URL was given' : `${base} has none`}.`,
			`Give --url https://…, or leave --${flag} out.`,
		);
	}
	if (given.has('insecure') && caCertFile !== undefined) {
		throw usageError(
			'--insecure and --cacert contradict each other.',
			'Keep --cacert: the certificate is then verified.',
		);
	}
	if (model !== undefined && /\p{Cc}/u.test(model))
		throw usageError(`--model ${shown(model)}: a model's name is one line of text.`);
	const headers = given.all('header').map((text) => parseHeader('--header', text, environment));
	const names = headers.map(([name]) => name.toLowerCase());
	if (apiKeyEnv !== undefined && names.includes('authorization')) {
		throw usageError('--api-key-env and --header Authorization both say who asks.', 'Give one of them.');
	}
	return {
		...(base === undefined ? {} : {url: base}),
		engine: parseChoice('--engine', given.text('engine') ?? 'auto', ['auto', ...engines]),
		...(model === undefined ? {} : {model}),
		...(api === undefined ? {} : {api: parseChoice('--api', api, apis)}),
		...(apiKeyEnv === undefined ? {} : {apiKeyEnv: parseKeyVariable('--api-key-env', apiKeyEnv, environment)}),
		headers,
		insecure: given.has('insecure'),
		...(caCertFile === undefined ? {} : {caCertFile}),
	};
}
