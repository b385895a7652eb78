/** The engines that llmtop knows. A further one is one new file and one line in `servers`. */

import {llamaCppPython} from './llama-cpp-python.ts';
import {llamaServer} from './llama-server.ts';
import {ollama} from './ollama.ts';
import {openai} from './openai.ts';
import type {Probe, ProbeAnswer, ServerAdapter, ServerFacts} from './server.ts';
import {sglang} from './sglang.ts';
import {vllm} from './vllm.ts';

/** In the order in which they are recognised: what imitates others, or fits everything, comes later. */
export const servers: readonly ServerAdapter[] = [ollama, vllm, sglang, llamaServer, llamaCppPython, openai];

/** The adapter of that name, as in `--engine`. */
export function findServer(name: string): ServerAdapter | undefined {
	return servers.find((server) => server.name === name);
}

export interface DetectedServer {
	readonly adapter: ServerAdapter;
	readonly facts: ServerFacts;
}

/**
 * Recognises the engine behind a base URL: all adapters look at once, each path is asked for once, and the first in the
 * list that recognises its own wins. `undefined`: nothing answered, or it is no inference server.
 */
export async function detectServer(probe: Probe): Promise<DetectedServer | undefined> {
	const asked = new Map<string, Promise<ProbeAnswer | undefined>>();
	const once: Probe = (path) => {
		const known = asked.get(path) ?? probe(path);
		asked.set(path, known);
		return known;
	};
	const looks = await Promise.all(servers.map(async (adapter) => ({adapter, facts: await adapter.detect(once)})));
	for (const {adapter, facts} of looks) {
		if (facts !== undefined) return {adapter, facts};
	}
	return undefined;
}
