/** Ollama: its own API (NDJSON, exact counts, real errors) and its OpenAI-style one. Facts: recordings of 0.32.15. */

import {positive, readVersion, recognition} from './control-plane.ts';
import {list, record, text} from './json-access.ts';
import {ollamaChat, ollamaGenerate} from './ollama-native.ts';
import {openAiDialects} from './openai-dialect.ts';
import type {ProbeAnswer, ServerAdapter} from './server.ts';

/** Names and context lengths of `GET /api/tags` or `GET /api/ps`. Of a loaded model the length is what one request has. */
function readNames(
	answer: ProbeAnswer | undefined,
): readonly {readonly name: string; readonly contextLength?: number}[] {
	if (answer?.status !== 200) return [];
	return list(record(answer.json).models)
		.map((item) => {
			const contextLength = positive(record(item).context_length);
			return {name: text(record(item).name), ...(contextLength === undefined ? {} : {contextLength})};
		})
		.filter((model) => model.name !== '');
}

export const ollama: ServerAdapter = {
	name: 'ollama',
	title: 'Ollama',
	ports: [11_434],
	...recognition(async (probe) => {
		const [root, version, tags, loaded] = await Promise.all([
			probe('/'),
			probe('/api/version'),
			probe('/api/tags'),
			probe('/api/ps'),
		]);
		const engineVersion = readVersion(version);
		const running = readNames(loaded);
		const keyNeeded = [version, tags].some((answer) => answer?.status === 401 || answer?.status === 403);
		return {
			models: readNames(tags).map((model) => running.find((other) => other.name === model.name) ?? model),
			...(engineVersion === undefined ? {} : {engineVersion}),
			...(keyNeeded ? {keyNeeded} : {}),
			evidence:
				engineVersion !== undefined && root?.body.trim() === 'Ollama is running'
					? 'GET / says Ollama is running'
					: undefined,
		};
	}),
	apis: {
		'native-chat': ollamaChat,
		'native-completions': ollamaGenerate,
		...openAiDialects({streamOptions: {include_usage: true}}),
	},
	defaultApi: 'native-chat',
	exactLength: {
		possible: false,
		how: 'Ollama knows neither ignore_eos nor min_tokens: num_predict is only an upper bound, the model ends where it ends',
	},
};
