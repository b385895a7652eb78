/** Makes the ready bytes of request number k of a level: plan, then the engine's dialect, then the transport's form. */

import {Buffer} from 'node:buffer';
import type {Dialect} from '../servers/server.ts';
import {openDataset} from './dataset.ts';
import {plannedRequest} from './plan.ts';
import type {LevelOrder, SessionSetup} from './protocol.ts';
import type {ReadyRequest} from './slot.ts';
import type {Transport} from './transport.ts';

export interface RequestMaker {
	make(order: LevelOrder, index: number): ReadyRequest;
	/** Closes the dataset file, where there is one. */
	close(): void;
}

export function createRequestMaker(setup: SessionSetup, dialect: Dialect, transport: Transport): RequestMaker {
	const {work} = setup;
	const dataset = work.dataset === undefined ? undefined : openDataset(work.dataset);
	const headers: readonly (readonly [string, string])[] = [
		['content-type', 'application/json'],
		[
			'accept',
			dialect.framing === 'sse' ? 'text/event-stream, application/json' : 'application/x-ndjson, application/json',
		],
		...setup.headers,
	];
	return {
		make(order, index) {
			const planned = plannedRequest(work, index, {
				level: order.level,
				kind: order.kind,
				...(dataset === undefined ? {} : {readRow: dataset.read}),
			});
			const maxTokens = order.maxTokens ?? planned.maxTokens;
			const body = {
				...dialect.request({
					api: setup.api,
					model: setup.model,
					prompt: planned.prompt,
					...(planned.system === undefined ? {} : {system: planned.system}),
					maxTokens,
					exactLength: work.exactLength,
					stream: work.stream,
					...(work.temperature === undefined ? {} : {temperature: work.temperature}),
					seed: planned.seed,
					body: work.body,
				}),
				...work.body,
			};
			const requestId = `${setup.requestIdPrefix}-${order.kind === 'warmup' ? 'w' : ''}${order.level}-${index}`;
			return {
				index,
				requestId,
				maxTokens,
				prepared: transport.prepare({
					method: 'POST',
					path: `${setup.basePath}${dialect.path}`,
					headers: [...headers, ['x-request-id', requestId]],
					body: Buffer.from(JSON.stringify(body)),
				}),
			};
		},
		close() {
			dataset?.close();
		},
	};
}
