/**
 * A network of its own, where the machine lets a test have one: Linux, root, `unshare`, `nsenter` and `ip`. What runs in it
 * is reached only through a command, and the way to one of its ports can be made long and lossy by the kernel (`tc`).
 */

import {execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {onTestFinished} from 'vitest';
import {roleFile, roleVariable} from '../../source/engine/role.ts';
import {optionsVariable, type SimulatorOptions} from '../../source/engine/simulator/options.ts';

export interface Network {
	/** Words before a command that runs in it. */
	readonly within: readonly string[];
	/** From now on all packets from and to this port take so long each way, and some are lost. */
	worsen(port: number, line: Line): void;
	/** An embedded server in it; it ends with the test. Its port of 127.0.0.1 there. */
	simulate(options: SimulatorOptions): Promise<number>;
}

export interface Line {
	/** Each way. */
	readonly delayMs: number;
	readonly lossPercent: number;
}

/** Whether a command succeeds. */
function can(file: string, ...argv: readonly string[]): boolean {
	try {
		execFileSync(file, argv, {stdio: 'ignore'});
		return true;
	} catch {
		return false;
	}
}

/** Whether tests can have networks here. */
export const hasNetworks = process.platform === 'linux' && can('unshare', '--net', 'ip', 'link', 'set', 'lo', 'up');

/** And whether the kernel can make a line bad. */
export const hasNetem =
	hasNetworks && can('unshare', '--net', 'tc', 'qdisc', 'add', 'dev', 'lo', 'root', 'netem', 'delay', '1ms');

/** Makes one; it is gone with the test. */
export async function startNetwork(): Promise<Network> {
	// Its namespace lives as long as a process is in it.
	const holder = spawn('unshare', ['--net', 'sh', '-c', 'ip link set lo mtu 1500 up && echo up && exec cat'], {
		stdio: ['pipe', 'pipe', 'inherit'],
	});
	onTestFinished(() => void holder.kill('SIGKILL'));
	await once(holder.stdout, 'data');
	const within = ['nsenter', `--net=/proc/${holder.pid}/ns/net`, '--'];
	const run = (...command: readonly string[]) => {
		const [file = '', ...argv] = [...within, ...command];
		execFileSync(file, argv);
	};
	return {
		within,
		worsen(port, {delayMs, lossPercent}) {
			const device = ['dev', 'lo'];
			// The fourth band is only for what the filters send there.
			run('tc', 'qdisc', 'add', ...device, 'root', 'handle', '1:', 'prio', 'bands', '4');
			const netem = ['netem', 'delay', `${delayMs}ms`, 'loss', `${lossPercent}%`];
			run('tc', 'qdisc', 'add', ...device, 'parent', '1:4', 'handle', '40:', ...netem);
			for (const end of ['sport', 'dport']) {
				const match = ['match', 'ip', end, String(port), '0xffff', 'flowid', '1:4'];
				run('tc', 'filter', 'add', ...device, 'parent', '1:', 'protocol', 'ip', 'u32', ...match);
			}
		},
		async simulate(options) {
			const [file = '', ...argv] = [...within, process.execPath, roleFile('simulator')];
			const child = spawn(file, argv, {
				stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
				env: {...process.env, [roleVariable]: 'simulator', [optionsVariable]: JSON.stringify(options)},
			});
			onTestFinished(() => void child.kill('SIGKILL'));
			const [message] = (await once(child, 'message')) as [{readonly port: number}];
			return message.port;
		},
	};
}
