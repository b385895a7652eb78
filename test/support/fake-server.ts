/** One server process of a test: started as a shell would, read line by line, gone when the test is. */

import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, rmSync} from 'node:fs';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {onTestFinished} from 'vitest';
import {type Behaviour, type FakeEngines, type FakeProgram, fakeEngines} from './fake-engine.ts';
import {until} from './program.ts';

/** Fake engines in a folder that is removed after the test. */
export function fakeEnginesHere(behaviour: Behaviour = {}, programs?: readonly FakeProgram[]): FakeEngines {
	const folder = mkdtempSync(join(tmpdir(), 'llmtop-engines-'));
	onTestFinished(() => rmSync(folder, {recursive: true, force: true, maxRetries: 5}));
	return fakeEngines(folder, behaviour, programs);
}

/** A port of 127.0.0.1 that nobody had a moment ago. */
export async function freePort(): Promise<number> {
	const server = createServer();
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const address = server.address();
	server.close();
	await once(server, 'close');
	if (address === null || typeof address === 'string') throw new Error('the server has no port');
	return address.port;
}

export interface ServerProcess {
	readonly pid: number;
	/** All that it wrote so far, both streams. */
	said(): string;
	/** Waits for such a text in it. */
	says(text: string | RegExp): Promise<void>;
	kill(signal: NodeJS.Signals): void;
	readonly ended: Promise<{readonly code: number | null; readonly signal: NodeJS.Signals | null}>;
}

export function startServerProcess(
	engines: FakeEngines,
	command: readonly string[],
	environment: Readonly<Record<string, string>> = {},
): ServerProcess {
	const [program = '', ...argv] = command;
	const child = spawn(program, argv, {
		env: {...engines.environment, ...environment},
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	onTestFinished(() => {
		child.kill('SIGKILL');
	});
	let said = '';
	let over = false;
	for (const stream of [child.stdout, child.stderr]) {
		stream.setEncoding('utf8').on('data', (text: string) => {
			said += text;
		});
	}
	const has = (text: string | RegExp) => (typeof text === 'string' ? said.includes(text) : text.test(said));
	const ended = once(child, 'close').then(([code, signal]) => {
		over = true;
		return {code, signal};
	});
	return {
		pid: child.pid ?? 0,
		said: () => said,
		async says(text) {
			await until(
				() => has(text) || over,
				() => `it never said ${String(text)}, but\n${said}`,
			);
			if (!has(text)) throw new Error(`it ended and never said ${String(text)}, but\n${said}`);
		},
		kill: (signal) => child.kill(signal),
		ended,
	};
}
