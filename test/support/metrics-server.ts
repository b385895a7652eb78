/** A real HTTP server whose answers a test sets by path; it notes what it is asked. */

import {once} from 'node:events';
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';

export type Answer = string | ((request: IncomingMessage, response: ServerResponse) => void);

export interface MetricsServer {
	readonly url: string;
	/** By path; others are 404. */
	readonly answers: Map<string, Answer>;
	/** Paths in the order in which they were asked. */
	readonly asked: string[];
	/** Keys that came with them. */
	readonly keys: Set<string | undefined>;
	/** Most requests open at once. */
	readonly mostOpen: () => number;
	readonly close: () => Promise<void>;
}

export async function startMetricsServer(answers: Readonly<Record<string, Answer>>): Promise<MetricsServer> {
	const byPath = new Map(Object.entries(answers));
	const asked: string[] = [];
	const keys = new Set<string | undefined>();
	let open = 0;
	let most = 0;
	const server = createServer((request, response) => {
		asked.push(request.url ?? '');
		keys.add(request.headers.authorization);
		open++;
		most = Math.max(most, open);
		response.on('close', () => open--);
		const answer = byPath.get(request.url ?? '');
		if (answer === undefined) response.writeHead(404).end('Not Found');
		else if (typeof answer === 'string') response.end(answer);
		else answer(request, response);
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const address = server.address();
	if (typeof address !== 'object' || address === null) throw new Error('no port');
	return {
		url: `http://127.0.0.1:${address.port}`,
		answers: byPath,
		asked,
		keys,
		mostOpen: () => most,
		close: async () => {
			server.closeAllConnections();
			server.close();
			await once(server, 'close');
		},
	};
}
