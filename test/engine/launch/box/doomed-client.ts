/**
 * A process that starts a server on a box, says so when it is ready, and waits to be killed: `node doomed-client.ts '{…}'`
 * with `config` (of ssh), `host`, `port`, `folder` (for what it keeps) and `orphanTimeoutMs`.
 */

import {OwnServer} from '../../../../source/engine/own-server.ts';
import {Box} from '../../../../source/engine/ssh/box.ts';
import {parseDestination} from '../../../../source/options/destination.ts';

const {config, host, port, folder, orphanTimeoutMs} = JSON.parse(process.argv[2] ?? '');
const box = await Box.open({
	destination: parseDestination(host),
	environment: process.env,
	signal: new AbortController().signal,
	way: 'tunnel',
	interactive: false,
	sshArguments: ['-F', config],
});
const own = new OwnServer({
	start: {preset: 'vllm', extra: [], keep: false, pull: false, settings: {port: `${port}`}},
	model: 'tiny',
	environment: {PATH: '', HOME: folder, XDG_STATE_HOME: folder},
	headers: [],
	suggest: () => [],
	gpus: {rememberMemory: () => undefined, memoryReturned: async () => undefined, gpuBytes: async () => undefined},
	onNote: () => undefined,
	onRestart: {stopping: async () => undefined, ready: () => undefined},
	box,
	orphanTimeoutMs,
});
await own.begin();
process.stdout.write('ready\n');
