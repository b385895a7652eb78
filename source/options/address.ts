/** Where requests go and what they carry: the values of --url, --header and --api-key-env. None of their errors shows a secret. */

import {usageError} from '../errors.ts';
import {shown} from './values.ts';

/** Paths of single APIs, which people paste instead of the base URL. */
const endpointPath =
	/\/(?:v1\/(?:chat\/completions|completions|models|embeddings|responses)|api\/(?:chat|generate|tags|version)|completions?|chat\/completions)\/?$/;

/**
 * A base URL without trailing slash and without `/v1`. Another path is kept as the base that a gateway serves under
 * (`https://host/team-a/v1` is `https://host/team-a`).
 */
export function parseUrl(flag: string, text: string): string {
	// Before anything is shown: user names, passwords and keys stand before an @ or behind a ?.
	if (text.includes('@')) {
		throw usageError(
			`${flag}: a URL must not contain a user name, a password or a key (it is not shown here).`,
			`Put the key into an environment variable: --api-key-env NAME, or --header 'Authorization: Basic \${NAME}'.`,
		);
	}
	if (text.includes('?') || text.includes('#')) {
		throw usageError(
			`${flag}: a base URL has no ? or # part (it is not shown here).`,
			'Give scheme, host and port, like http://127.0.0.1:8000; keys go into --api-key-env NAME.',
		);
	}
	const example = `For example: ${flag} http://127.0.0.1:8000`;
	if (text === '' || /[\s\p{Cc}\\]/u.test(text))
		throw usageError(`${flag} ${shown(text)}: that is not a URL.`, example);
	const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
	if (scheme === undefined) throw withoutScheme(flag, text, example);
	if (scheme !== 'http' && scheme !== 'https') {
		const mended = URL.parse(text.replace(/^[^:]*/, 'http'));
		throw usageError(
			`${flag} ${shown(text)}: llmtop speaks http and https, not ${shown(scheme)}.`,
			mended === null ? example : `Did you mean ${mended.origin}?`,
		);
	}
	const url = URL.parse(text);
	if (url === null || url.hostname === '') throw usageError(`${flag} ${shown(text)}: that is not a URL.`, example);
	if (url.port === '0') throw usageError(`${flag} ${shown(text)}: no server listens on port 0.`, example);
	if (endpointPath.test(url.pathname)) {
		const base = `${url.origin}${url.pathname.replace(endpointPath, '')}`;
		throw usageError(
			`${flag} ${shown(text)}: that is one API of the server, llmtop needs the server's base URL.`,
			`Nearest: ${flag} ${base} (--api chooses the API)`,
		);
	}
	const path = url.pathname.replace(/\/+$/, '').replace(/\/v1$/, '').replace(/\/+$/, '');
	return `${url.origin}${path}`;
}

function withoutScheme(flag: string, text: string, example: string): Error {
	const rest = text.replace(/^(?:https?)?:?\/*/i, '');
	const mended = URL.parse(`http://${/^\d{1,5}$/.test(rest) ? `127.0.0.1:${rest}` : rest}`);
	const usable = mended !== null && mended.hostname !== '';
	return usageError(
		`${flag} ${shown(text)}: the scheme is missing.`,
		usable ? `Did you mean ${mended.origin}${mended.pathname.replace(/\/$/, '')}?` : example,
	);
}

/** Headers that the transport writes itself. */
const transportHeaders = new Set(['host', 'content-length', 'connection', 'transfer-encoding', 'expect', 'upgrade']);
/** Headers whose values are secrets. */
const secretHeaders = /^(?:authorization|proxy-authorization|cookie|.*(?:api-?key|token|secret).*)$/i;
const reference = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/**
 * `Name: value`. `${NAME}` in the value is taken from the environment; a secret must be written so, because every user
 * of the machine can read a command line.
 */
export function parseHeader(
	flag: string,
	text: string,
	environment: NodeJS.ProcessEnv,
): readonly [name: string, value: string] {
	const cut = text.indexOf(':');
	const name = text.slice(0, Math.max(0, cut)).trim();
	const example = `For example: ${flag} 'X-Request-Source: llmtop'`;
	if (cut < 0)
		throw usageError(`${flag}: the colon between name and value is missing (neither is shown here).`, example);
	// RFC 9110, 5.6.2: a header's name is a token.
	if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) {
		throw usageError(`${flag} ${shown(name)}: that is not the name of a header.`, example);
	}
	if (transportHeaders.has(name.toLowerCase())) {
		throw usageError(`${flag} ${name}: llmtop writes this header itself.`, 'Leave it out.');
	}
	const written = text.slice(cut + 1).trim();
	if (secretHeaders.test(name) && written.replaceAll(reference, '') === written) {
		throw usageError(
			`${flag} ${name}: a key must not stand on the command line, where others can read it (it is not shown here).`,
			`Put it into an environment variable: --api-key-env NAME, or ${flag} '${name}: \${NAME}' in single quotes.`,
		);
	}
	const value = written.replaceAll(reference, (_, variable: string) => {
		const found = environment[variable];
		if (found !== undefined && found !== '') return found;
		throw usageError(
			`${flag} ${name}: the environment variable ${variable} is not set.`,
			`Set it before: export ${variable}=…`,
		);
	});
	// RFC 9110, 5.5, without obs-text above Latin-1: anything else could end the header and begin another.
	if (!/^[\t\u0020-\u007e\u00a0-\u00ff]*$/.test(value)) {
		throw usageError(`${flag} ${name}: its value has characters that no header can carry (it is not shown here).`);
	}
	return [name, value];
}

/** The name of an environment variable that is set. The key itself is read later, by whoever sends it. */
export function parseKeyVariable(flag: string, text: string, environment: NodeJS.ProcessEnv): string {
	if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(text)) {
		throw usageError(
			`${flag}: it takes the name of an environment variable, not the key itself (it is not shown here).`,
			`For example: export MY_KEY=… and then ${flag} MY_KEY`,
		);
	}
	const value = environment[text];
	if (value !== undefined && value !== '') return text;
	// Some keys look like names (hf_…); only what is written like a variable is repeated.
	const name = /^[A-Z][A-Z0-9_]*$/.test(text) ? text : 'of that name';
	throw usageError(
		`${flag}: the environment variable ${name} is not set.`,
		`Set it before: export ${name === text ? text : 'NAME'}=…`,
	);
}
