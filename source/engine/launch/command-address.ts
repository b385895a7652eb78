/** Where a server will answer, read from the arguments and variables with which it is started. */

import {usageError} from '../../errors.ts';
import type {Preset} from './preset.ts';

export interface CommandAddress {
	/** For us: `http://127.0.0.1:8000`. */
	readonly url: string;
	readonly port: number;
	/** Everybody who reaches this machine can reach it. */
	readonly open: boolean;
}

const everywhere = new Set(['0.0.0.0', '::', '[::]', '*']);

/** Throws `ExpectedError`, exit 2, when the port is none. */
export function commandAddress(
	preset: Preset,
	values: ReadonlyMap<string, string>,
	{argv, environment}: {readonly argv: readonly string[]; readonly environment: Readonly<Record<string, string>>},
): CommandAddress {
	const {OLLAMA_HOST: stated} = preset.engine === 'ollama' ? environment : {};
	const own = stated === undefined ? undefined : ollamaHost(stated);
	const host = own?.host ?? lastValue(argv, '--host') ?? values.get('host') ?? '127.0.0.1';
	const text = own?.port ?? lastValue(argv, '--port') ?? values.get('port') ?? '';
	const port = Number(text);
	if (!/^\d+$/.test(text) || port < 1 || port > 65_535) {
		throw usageError(`${text === '' ? 'No port is given' : `${text} is no port`}: a port is a number from 1 to 65535.`);
	}
	const open = everywhere.has(host);
	const name = open ? '127.0.0.1' : host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
	const url = `http://${name}:${port}`;
	if (!URL.canParse(url)) throw usageError(`${host} is no address on which a server can listen.`);
	return {url, port, open};
}

/** What OLLAMA_HOST means: `HOST`, `HOST:PORT`, `:PORT`, with a scheme or without. */
function ollamaHost(text: string): {readonly host: string; readonly port: string} {
	const [, host = '', port] = /^(?:[a-z]+:\/\/)?(\[[^\]]*\]|[^:/]*)(?::(\d*))?\/?$/.exec(text.trim()) ?? [];
	return {host: host === '' ? '127.0.0.1' : host, port: port === undefined || port === '' ? '11434' : port};
}

/** The value of a flag that may stand several times: parsers take the last. */
export function lastValue(argv: readonly string[], flag: string): string | undefined {
	let value: string | undefined;
	argv.forEach((argument, index) => {
		if (argument === flag) value = argv[index + 1] ?? value;
		else if (argument.startsWith(`${flag}=`)) value = argument.slice(flag.length + 1);
	});
	return value;
}
