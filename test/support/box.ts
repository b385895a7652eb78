/**
 * A box: this machine as somebody else's, reached over a real OpenSSH server, as the built program reaches one. `ssh` on
 * the PATH of the program is the system's with a configuration of the test's own, so that nothing of the person's counts.
 */

import {execFileSync} from 'node:child_process';
import {chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {delimiter, join} from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {onTestFinished} from 'vitest';
import {commandOf, listProcesses, withEnvironment} from '../../source/engine/launch/process-list.ts';
import type {Line, Network} from './network.ts';
import {type SshdOptions, startSshd, type TestSshd} from './sshd.ts';

const pipe = fileURLToPath(new URL('port-pipe.ts', import.meta.url));

export interface BoxOptions extends SshdOptions {
	/** Its name in the configuration of ssh. Default: `gpu-box`. */
	readonly name?: string;
	/** Folders at the front of its PATH: those of fakes. */
	readonly programs?: readonly string[];
	/** Another one, through which it is reached. */
	readonly jump?: Box;
	/** A network of its own that it is in: nothing of this machine listens there. */
	readonly network?: Network;
	/** The way to it: as it would be over such a line. */
	readonly line?: Line;
}

export interface Box {
	readonly name: string;
	readonly sshd: TestSshd;
	/** The home folder there: empty at first. */
	readonly home: string;
	/** Its entry, and those of the boxes before it, in the configuration of ssh. */
	entry(): string;
	/** Another configuration of ssh from now on. */
	configure(change: (entry: string) => string): void;
}

/** Starts one; it ends with the test. */
export async function startBox(options: BoxOptions = {}): Promise<Box> {
	const {name = 'gpu-box', programs = [], jump, network, line, ...rest} = options;
	const way = [
		...(network?.within ?? []),
		process.execPath,
		pipe,
		'%p',
		...(line === undefined ? [] : [line.delayMs, line.lossPercent]),
	];
	const home = mkdtempSync(join(tmpdir(), 'llmtop-home-'));
	const sshd = await startSshd({
		...rest,
		...(network === undefined ? {} : {within: network.within}),
		client: [
			...(rest.client ?? []),
			...(jump === undefined ? [] : [`ProxyJump ${jump.name}`]),
			...(network === undefined && line === undefined ? [] : [`ProxyCommand ${way.join(' ')}`]),
		],
		environment: {
			PATH: [...programs, '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
			HOME: home,
			...rest.environment,
		},
	});
	onTestFinished(() => rmSync(home, {recursive: true, force: true, maxRetries: 5}));
	let own = readFileSync(join(sshd.folder, 'config'), 'utf8').replace(/^Host .*/, `Host ${name}`);
	return {
		name,
		sshd,
		home,
		entry: () => `${own}\n${jump?.entry() ?? ''}`,
		configure: (change) => {
			own = change(own);
		},
	};
}

export interface Client {
	/** For the program: `ssh` that knows these boxes and nobody else. */
	readonly environment: Readonly<Record<string, string>>;
	/** Waits until nothing is left of all that the program has started, on either side, nor any socket of ssh. */
	nothingLeft(options?: {
		/** Programs that were killed: each may leave the empty folder of its socket. */
		readonly killed?: number;
	}): Promise<void>;
}

/** Marks what is started with its environment. */
const markVariable = 'LLMTOP_TEST_CLIENT';
/** Far more than anything takes to end. */
const patienceMs = 40_000;

/** A machine from which these boxes are reached; their configuration is taken as it is now. */
export function reach(...boxes: readonly Box[]): Client {
	const folder = mkdtempSync(join(tmpdir(), 'lt-c-'));
	onTestFinished(() => rmSync(folder, {recursive: true, force: true, maxRetries: 5}));
	const at = (name: string) => join(folder, name);
	for (const name of ['bin', 'run']) mkdirSync(at(name), {mode: 0o700});
	writeFileSync(at('config'), boxes.map((box) => box.entry()).join('\n'));
	const ssh = execFileSync('sh', ['-c', 'command -v ssh'], {encoding: 'utf8'}).trim();
	writeFileSync(at('bin/ssh'), `#!/bin/sh\nexec ${ssh} -F ${at('config')} "$@"\n`);
	chmodSync(at('bin/ssh'), 0o755);
	const left = async (killed: number): Promise<readonly string[]> => {
		const pids = (await listProcesses()).map(({pid}) => pid);
		const ours = new Set(await withEnvironment(pids, `${markVariable}=${folder}`));
		for (const {sshd} of boxes) for (const pid of await withEnvironment(pids, sshd.mark)) ours.add(pid);
		const folders = readdirSync(at('run'));
		const sockets = folders.flatMap((name) => readdirSync(join(at('run'), name)).map((file) => join(name, file)));
		return [...(await Promise.all([...ours].map(commandOf))), ...sockets, ...folders.slice(killed)];
	};
	return {
		environment: {
			PATH: `${at('bin')}${delimiter}${process.env.PATH ?? ''}`,
			XDG_RUNTIME_DIR: at('run'),
			[markVariable]: folder,
		},
		async nothingLeft({killed = 0} = {}) {
			const end = Date.now() + patienceMs;
			let still = await left(killed);
			while (still.length > 0) {
				if (Date.now() > end) throw new Error(`left over:\n${still.join('\n')}`);
				await pause(20);
				still = await left(killed);
			}
		},
	};
}
