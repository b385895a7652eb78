/** How each engine is read. A further engine is one new file and one line in `readers`. */

import type {Probe} from '../server.ts';
import {anyReader, silentReader} from './any-engine.ts';
import {llamaServerReader} from './llama-server.ts';
import {ollamaReader} from './ollama.ts';
import type {EngineReader} from './sample.ts';
import {sglangReader} from './sglang.ts';
import {vllmReader} from './vllm.ts';

const readers: Readonly<Record<string, (child: () => Probe | undefined) => EngineReader>> = {
	vllm: () => vllmReader,
	sglang: () => sglangReader,
	'llama-server': llamaServerReader,
	'llama-cpp-python': () => silentReader,
	ollama: ollamaReader,
};

/** A reader for the adapter of this name, with a memory of its own. `child`: see `ollamaReader`. */
export function readerFor(engine: string, child: () => Probe | undefined): EngineReader {
	return (readers[engine] ?? anyReader)(child);
}
