/** The command of a server that we start: what the person said, for the machine that it is started on. */

import {usageError} from '../errors.ts';
import {launchCommand} from './launch/launch-command.ts';
import type {LaunchPlace} from './launch/place.ts';
import type {LaunchCommand, Preset} from './launch/preset.ts';
import type {OwnServerOptions} from './own-server.ts';
import {namesItself} from './way.ts';

export interface OwnCommandOptions {
	readonly options: OwnServerOptions;
	readonly preset: Preset;
	/** Of `--sweep-server`. */
	readonly value: string | undefined;
	readonly place: LaunchPlace;
	readonly signal: AbortSignal;
	/** Called before a program is asked what it can do, which may take long. */
	readonly onAsk: (program: string) => void;
}

/** Rejects with an `ExpectedError` when there is no such command, and with the signal's reason. */
export async function ownCommand({options, value, place, ...rest}: OwnCommandOptions): Promise<LaunchCommand> {
	const {start, environment, suggest, gpus} = options;
	const gpuBytes = await gpus.gpuBytes(rest.signal);
	const {memoryBytes: machineBytes} = place;
	const command = await launchCommand({
		...rest,
		parameters: parameters(options, value),
		extra: start.extra,
		environment,
		place,
		memory: {
			...(machineBytes === undefined ? {} : {machineBytes}),
			...(gpuBytes === undefined ? {} : {gpuBytes}),
		},
		suggest,
	});
	requireReachable(command, options);
	return command;
}

function parameters({start, model}: OwnServerOptions, value: string | undefined): Readonly<Record<string, string>> {
	return {
		...start.settings,
		...(model === undefined ? {} : {model}),
		...(start.sweep === undefined || value === undefined ? {} : {[start.sweep.name]: value}),
	};
}

/** With `--direct`, HTTP does not come through the connection. Throws `ExpectedError`, exit 2. */
function requireReachable({url, isOpen}: LaunchCommand, {box}: OwnServerOptions): void {
	if (box?.way !== 'direct' || isOpen === true || !namesItself(new URL(url).hostname)) return;
	throw usageError(
		`The server would listen for ${box.name} itself only (${url}), and --direct comes from outside.`,
		'Add --set host=0.0.0.0, or leave --direct out.',
	);
}
