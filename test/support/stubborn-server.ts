/**
 * A server that is hard to live with, run as a program: `node stubborn-server.ts '{"port":1,…}'`. It answers as an
 * engine does with `GET /health` and one-token chat completions, and misbehaves as it is told.
 */

import {spawn} from 'node:child_process';
import {appendFileSync} from 'node:fs';
import {createServer} from 'node:http';
import {fileURLToPath} from 'node:url';

export interface StubbornOptions {
	/** 127.0.0.1; absent: it listens nowhere. */
	readonly port?: number;
	/** Written to standard output and to standard error before anything else, just as they are. */
	readonly says?: string;
	readonly complains?: string;
	/** Signals that it does not mind. */
	readonly ignores?: readonly NodeJS.Signals[];
	/** A child of its own; `ignores` is for the child. It lives on when its parent is gone. */
	readonly child?: StubbornOptions & {
		/** In a session and group of its own. */
		readonly detached?: boolean;
		/** Without any environment. */
		readonly bare?: boolean;
	};
	/** What `GET /health` says; default 200. `never`: nothing at all. */
	readonly health?: number | 'never';
	/** What it says when it is asked for a token; default: one token. */
	readonly token?: {readonly status: number; readonly body: string} | 'never';
	/** Ends by itself so long after the start. */
	readonly diesAfterMs?: number;
	/** Its code then; default 0. */
	readonly code?: number;
	/** A SIGKILL ends it at the first request for a token. */
	readonly diesWhenAsked?: boolean;
	/** Every process of it adds its number to this file, a line each, once it minds its signals. */
	readonly pidFile?: string;
}

export const stubbornServerFile = fileURLToPath(import.meta.url);

const oneToken = JSON.stringify({
	choices: [{index: 0, message: {role: 'assistant', content: 'Hi'}, finish_reason: 'length'}],
	usage: {prompt_tokens: 1, completion_tokens: 1},
});

function serve(options: StubbornOptions): void {
	const {port, health = 200, token = {status: 200, body: oneToken}} = options;
	const server = createServer((request, response) => {
		if (request.url === '/health' && health === 'never') return;
		if (request.url === '/health') response.writeHead(typeof health === 'number' ? health : 200).end();
		else if (request.method === 'POST' && options.diesWhenAsked === true) process.kill(process.pid, 'SIGKILL');
		else if (request.method === 'POST' && token === 'never') request.resume();
		else if (request.method === 'POST' && token !== 'never') response.writeHead(token.status).end(token.body);
		else response.end(JSON.stringify({data: [{id: 'stubborn', owned_by: 'vllm'}]}));
	});
	server.listen(port, '127.0.0.1');
}

function run(options: StubbornOptions): void {
	const {child, pidFile, says = '', complains = '', code = 0} = options;
	process.stdout.write(says);
	process.stderr.write(complains);
	for (const signal of options.ignores ?? []) process.on(signal, () => undefined);
	if (pidFile !== undefined) appendFileSync(pidFile, `${process.pid}\n`);
	if (child !== undefined) {
		const inner = pidFile === undefined ? child : {...child, pidFile};
		spawn(process.execPath, [stubbornServerFile, JSON.stringify(inner)], {
			detached: child.detached === true,
			stdio: 'inherit',
			...(child.bare === true ? {env: {}} : {}),
		});
	}
	if (options.port === undefined) setInterval(() => undefined, 1_000);
	else serve(options);
	if (options.diesAfterMs !== undefined) setTimeout(() => process.exit(code), options.diesAfterMs);
}

const [, file, told] = process.argv;
if (file === stubbornServerFile && told !== undefined) run(JSON.parse(told));
