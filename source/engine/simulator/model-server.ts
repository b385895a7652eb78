/** The simulated engine over HTTP. */

import {type HttpServer, serveHttp} from './http-server.ts';
import {ollamaApi} from './ollama-api.ts';
import type {ModelOptions} from './options.ts';
import {profiles} from './profiles/index.ts';
import {ServedEngine} from './served-engine.ts';
import {vllmApi} from './vllm-api.ts';

export async function serveModel(options: ModelOptions): Promise<HttpServer> {
	const profile = profiles[options.profile ?? 'demo'];
	const engine = new ServedEngine(profile, options.timeScale ?? 1, options.faults);
	const api = profile.engine === 'vllm' ? vllmApi(engine) : ollamaApi(engine);
	const server = await serveHttp(options.port ?? 0, api);
	return {
		port: server.port,
		close: () => {
			engine.close();
			return server.close();
		},
	};
}
