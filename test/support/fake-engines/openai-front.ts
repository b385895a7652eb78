/** What llama-server and SGLang share: any model name is served, and answers may be worded differently. */

import type {AnswerFormat} from '../../../source/engine/simulator/answer-format.ts';
import type {Generation} from '../../../source/engine/simulator/generation.ts';
import type {HttpHandler, HttpReply} from '../../../source/engine/simulator/http-server.ts';
import {isObject, parseJson} from '../../../source/engine/simulator/json.ts';
import type {Profile} from '../../../source/engine/simulator/profile.ts';
import {ServedEngine} from '../../../source/engine/simulator/served-engine.ts';
import {vllmApi} from '../../../source/engine/simulator/vllm-api.ts';
import {vllmChat} from '../../../source/engine/simulator/vllm-format.ts';

/** The simulated engine with an engine's own words. */
export class WordedEngine extends ServedEngine {
	readonly #formats: {readonly chat: AnswerFormat; readonly completions: AnswerFormat};

	constructor(profile: Profile, formats: {readonly chat: AnswerFormat; readonly completions: AnswerFormat}) {
		super(profile, 1, undefined);
		this.#formats = formats;
	}

	override generate(generation: Generation, reply: HttpReply, receivedAt: number): void {
		const format = generation.format === vllmChat ? this.#formats.chat : this.#formats.completions;
		super.generate({...generation, format}, reply, receivedAt);
	}
}

/** Answers requests for text, whatever model they name. */
export function generations(engine: ServedEngine): HttpHandler {
	const api = vllmApi(engine);
	return (request, reply) => {
		const body = parseJson(request.body.toString());
		if (!isObject(body)) api(request, reply);
		else api({...request, body: Buffer.from(JSON.stringify({...body, model: engine.profile.model}))}, reply);
	};
}
