/** The answers of vLLM 0.32 to everything but generation, as recorded from a real server. */

import type {WholeAnswer} from './http-server.ts';
import {vllmVersion} from './vllm-format.ts';

export function jsonAnswer(value: unknown, status = 200): WholeAnswer {
	return {status, contentType: 'application/json', body: JSON.stringify(value)};
}

export const empty: WholeAnswer = {status: 200, contentType: '', body: ''};

export const versionAnswer = jsonAnswer({version: vllmVersion});

/** `GET /v1/models` of a server with one model. */
export function modelList(model: string, contextTokens: number): WholeAnswer {
	const created = Math.floor(Date.now() / 1000);
	const permission = {
		id: 'modelperm-llmtop',
		object: 'model_permission',
		created,
		allow_create_engine: false,
		allow_sampling: true,
		allow_logprobs: true,
		allow_search_indices: false,
		allow_view: true,
		allow_fine_tuning: false,
		organization: '*',
		group: null,
		is_blocking: false,
	};
	const card = {id: model, object: 'model', created, owned_by: 'vllm', root: model, parent: null};
	return jsonAnswer({object: 'list', data: [{...card, max_model_len: contextTokens, permission: [permission]}]});
}

function error(status: number, type: string, message: string, param: string | null): WholeAnswer {
	return jsonAnswer({error: {message, type, param, code: status}}, status);
}

/** A request that does not parse or lacks a member. */
export function badRequest(message: string, param: string | null = null): WholeAnswer {
	return error(400, 'Bad Request', `1 validation error:\n  ${message}`, param);
}

/** A value that cannot be. */
export function badValue(message: string, param: string | null = null): WholeAnswer {
	return error(400, 'BadRequestError', message, param);
}

export function unknownModel(asked: string, model: string): WholeAnswer {
	return error(404, 'NotFoundError', `The model \`${asked}\` does not exist. Valid aliases: ${model}.`, 'model');
}

/** A path that is not there. */
export const notFound = jsonAnswer({detail: 'Not Found'}, 404);

/** A path that is there, by another method. */
export function wrongMethod(allowed: string): WholeAnswer {
	return {...jsonAnswer({detail: 'Method Not Allowed'}, 405), headers: `allow: ${allowed}\r\n`};
}
