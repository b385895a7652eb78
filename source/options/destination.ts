/** What `--ssh` takes: `me@gpu-box`, `gpu-box:2222`, `me@[fd00::7]:22`, or an alias of the person's ~/.ssh/config. */

import type {Destination} from '../config.ts';
import {type ExpectedError, usageError} from '../errors.ts';

/** Neither blanks nor control characters, nor what ssh itself refuses in a host's name since its version 9.6. */
const notInHost = /[\s\p{Cc}'"`$\\;&<>|(){}]/u;
/** The same of a user's name, where a backslash parts a domain from the user. */
const notInUser = /[\s\p{Cc}'"`;&<>|(){}]/u;

/** Throws `usageError` for what is no such thing: also for a leading `-`, which ssh would take as an option. */
export function parseDestination(text: string): Destination {
	if (text === '') throw refused(text, 'it is empty');
	const at = text.lastIndexOf('@');
	const user = at < 0 ? undefined : text.slice(0, at);
	const {host, port} = hostAndPort(text, text.slice(at + 1));
	for (const [what, part] of [
		['user', user],
		['host', host],
	] as const) {
		if (part === undefined) continue;
		if (part === '') throw refused(text, `it has no ${what}`);
		if (part.startsWith('-')) throw refused(text, `a ${what} that begins with '-' would be an option of ssh`);
		if ((what === 'host' ? notInHost : notInUser).test(part)) {
			throw refused(text, `its ${what} has blanks, control characters or characters of a shell`);
		}
	}
	return {host, ...(user === undefined ? {} : {user}), ...(port === undefined ? {} : {port}), text};
}

function hostAndPort(text: string, place: string): {host: string; port?: number} {
	const bracketed = /^\[([^\]]*)\](?::(.*))?$/s.exec(place);
	if (bracketed !== null) {
		const [, host = '', port] = bracketed;
		return {host, ...(port === undefined ? {} : {port: portOf(text, port)})};
	}
	const pieces = place.split(':');
	const [host = '', port] = pieces;
	// More colons than one: an IPv6 address.
	return pieces.length === 2 && port !== undefined ? {host, port: portOf(text, port)} : {host: place};
}

function portOf(text: string, digits: string): number {
	const port = /^\d{1,5}$/.test(digits) ? Number(digits) : 0;
	if (port < 1 || port > 65_535) throw refused(text, `'${shown(digits)}' is not a port from 1 to 65535`);
	return port;
}

function refused(text: string, why: string): ExpectedError {
	return usageError(
		`--ssh '${shown(text)}': ${why}.`,
		'It takes USER@HOST, HOST:PORT, or the name of a Host entry in ~/.ssh/config.',
	);
}

function shown(text: string): string {
	return text.replace(/\p{Cc}/gu, '?');
}
