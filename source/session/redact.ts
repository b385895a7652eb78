/**
 * What was asked for, without what nobody else may know: a session file is sent to colleagues and attached to issues.
 * Keys come from the environment and never reach the config; what is removed here is what people put into --header,
 * --body, --set, URLs and the arguments of a server all the same.
 */

import {isObject} from './shape.ts';

/** What stands where a secret stood. */
export const hidden = '•••';

const secretWord = 'authorization|auth|apikey|key|token|secret|password|passwd|credentials?|cookie|signature';
const secretHeader = new RegExp(`(^|-)(${secretWord})(-|$)`);
const secretMember = new RegExp(`(^|-)(${secretWord})$`);
const credentialsInUrl = /\b([a-z][a-z0-9+.-]*:\/\/)[^/?#\s]*@/gi;
const secretInQuery = /([?&](?:[a-z0-9_-]*[_-])?(?:key|apikey|token|secret|password|signature)=)[^&#\s]*/gi;
/** Keys that are known by their looks: Hugging Face, OpenAI and its likes, NVIDIA; and any bearer token. */
const knownKey = /\b(?:hf_|sk-|nvapi-)[A-Za-z0-9_-]{16,}|(?<=\bBearer\s+)[A-Za-z0-9._~+/=-]{8,}/g;

/**
 * A copy of plain data in which secrets are `•••`: by the names of headers, members and flags, in URLs, and by their
 * looks.
 */
export function publicConfig(config: unknown): unknown {
	if (typeof config === 'string') return publicText(config);
	if (Array.isArray(config)) return publicList(config);
	if (!isObject(config)) return config;
	return Object.fromEntries(
		Object.entries(config).map(([name, value]) => {
			if (words(name) === 'headers') return [name, publicHeaders(value)];
			return [name, typeof value === 'string' && secretMember.test(words(name)) ? hidden : publicConfig(value)];
		}),
	);
}

/** Arguments of a server are a list, too: the value is in the flag behind `=`, or all that stands until the next flag. */
function publicList(list: readonly unknown[]): unknown[] {
	let isSecret = false;
	return list.map((item) => {
		if (typeof item !== 'string') return publicConfig(item);
		const [, flag, value] = /^(--?[^\s=]+)(=.*)?$/s.exec(item) ?? [];
		if (flag === undefined) return isSecret ? hidden : publicText(item);
		const namesSecret = secretMember.test(words(flag));
		isSecret = namesSecret && value === undefined;
		return namesSecret && value !== undefined ? `${flag}=${hidden}` : publicText(item);
	});
}

/** Headers as pairs (as the config has them) or as an object. */
function publicHeaders(headers: unknown): unknown {
	const value = (name: unknown, content: unknown) =>
		typeof name === 'string' && secretHeader.test(words(name)) ? hidden : publicConfig(content);
	if (Array.isArray(headers)) {
		return headers.map((pair) =>
			Array.isArray(pair) ? [pair[0], ...pair.slice(1).map((content) => value(pair[0], content))] : publicConfig(pair),
		);
	}
	if (!isObject(headers)) return publicConfig(headers);
	return Object.fromEntries(Object.entries(headers).map(([name, content]) => [name, value(name, content)]));
}

function publicText(text: string): string {
	return text.replace(credentialsInUrl, '$1').replace(secretInQuery, `$1${hidden}`).replace(knownKey, hidden);
}

/** `apiKey`, `API_KEY` and `Api-Key` are all `api-key`. */
function words(name: string): string {
	return name
		.replace(/([a-z0-9])([A-Z])/g, '$1-$2')
		.replace(/[^A-Za-z0-9]+/g, '-')
		.toLowerCase();
}
