/** Starts the embedded server in a process of its own, so that it and the load threads do not disturb each other. */

import {execa} from 'execa';
import {ExpectedError, exitCode} from '../../errors.ts';
import {roleFile, roleVariable} from '../role.ts';
import {isObject, numberIn} from './json.ts';
import {optionsVariable, type SimulatorOptions} from './options.ts';

export interface Simulator {
	/** `http://127.0.0.1:PORT`. */
	readonly url: string;
	readonly pid: number;
	/** Ends the process; resolves when it is gone. */
	stop(): Promise<void>;
}

/**
 * Resolves when the server answers. Rejects with an `ExpectedError` (exit 4) when it could not start, for example
 * because its port is taken. The process ends with `stop`, when `signal` aborts, and by itself when this one dies.
 */
export async function startSimulator(options: SimulatorOptions, signal?: AbortSignal): Promise<Simulator> {
	const child = execa(process.execPath, [roleFile('simulator')], {
		ipc: true,
		stdin: 'ignore',
		stdout: 'ignore',
		env: {[roleVariable]: 'simulator', [optionsVariable]: JSON.stringify(options)},
		reject: false,
		// The process ends by itself when the channel to this one closes; execa need not listen to our signals.
		cleanup: false,
		...(signal === undefined ? {} : {cancelSignal: signal}),
	});
	const message: unknown = await child.getOneMessage().catch(() => undefined);
	const port = isObject(message) ? numberIn(message, 'port') : undefined;
	if (port === undefined || child.pid === undefined) {
		child.kill();
		const {stderr} = await child;
		const reason = isObject(message) && typeof message.error === 'string' ? message.error : stderr.trim();
		throw new ExpectedError(`The embedded server did not start: ${reason === '' ? 'it ended at once' : reason}.`, {
			exitCode: exitCode.notStarted,
			...(options.port === undefined
				? {}
				: {advice: `Is port ${options.port} free? Without a port any free one is taken.`}),
		});
	}
	return {
		url: `http://127.0.0.1:${port}`,
		pid: child.pid,
		stop: async () => {
			child.kill();
			await child;
		},
	};
}
