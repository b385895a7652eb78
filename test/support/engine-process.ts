/** A process of this machine that has an engine's command and listens, as far as others can see. */

import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {createInterface} from 'node:readline';
import {onTestFinished} from 'vitest';

export interface EngineProcess {
	readonly pid: number;
	readonly port: number;
	readonly url: string;
	/** Request lines that it got. */
	readonly requests: () => Promise<readonly string[]>;
	stop(): Promise<void>;
}

/** Listens where its last argument says (0: anywhere), lists one model, and sends the requests that it got when asked. */
const program = `
const http = require('node:http');
const requests = [];
const server = http.createServer((request, response) => {
	requests.push(request.method + ' ' + request.url);
	const isList = request.url === '/v1/models' && process.env.OWNER !== '';
	response.statusCode = isList ? 200 : 404;
	response.setHeader('content-type', 'application/json');
	response.end(isList ? JSON.stringify({object: 'list', data: [{id: 'm', object: 'model', owned_by: process.env.OWNER}]}) : '{}');
});
server.listen(Number(process.env.PORT), process.env.HOST, () => console.log(server.address().port));
process.on('message', () => process.send(requests));
process.on('disconnect', () => process.exit());
`;

/** `argv0` and `argv` are what the system shows as its command; both say nothing to the process itself. */
export async function startEngineProcess(options: {
	readonly argv0: string;
	readonly argv?: readonly string[];
	readonly port?: number;
	readonly host?: string;
	/** `owned_by` of its model; '': it lists none and is no inference server. Default: vLLM's. */
	readonly owner?: string;
}): Promise<EngineProcess> {
	const {argv0, argv = [], port = 0, host = '127.0.0.1', owner = 'vllm'} = options;
	const child = spawn(process.execPath, ['-e', program, '--', ...argv], {
		argv0,
		stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
		env: {PATH: process.env.PATH, HOST: host, PORT: String(port), OWNER: owner},
	});
	const ended = once(child, 'exit');
	const stop = async () => {
		child.kill('SIGKILL');
		await ended;
	};
	onTestFinished(stop);
	if (child.stdout === null) throw new Error('its output is a pipe');
	const [line] = (await once(createInterface({input: child.stdout}), 'line')) as [string];
	const url = host === '::1' ? `http://[::1]:${line}` : `http://127.0.0.1:${line}`;
	return {
		pid: child.pid ?? 0,
		port: Number(line),
		url,
		async requests() {
			child.send('requests');
			const [list] = (await once(child, 'message')) as [readonly string[]];
			return list;
		},
		stop,
	};
}
