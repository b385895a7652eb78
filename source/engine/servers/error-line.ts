/** What went wrong, in the server's own words: one line without control characters and without secrets. */

import {isRecord, jsonText, record, text} from './json-access.ts';

/** Longest line, in characters. */
const longest = 300;

/** Any text as one line of at most 300 characters, with control characters, line ends and secrets taken out. */
export function errorLine(raw: string): string {
	const line = raw
		.slice(0, 4_096)
		.replace(/\u001b\[[0-?]*[ -/]*[@-~]/g, '')
		.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]+/g, ' ')
		.replace(/\b(bearer|basic)\s+[\w.~+/=-]{6,}/gi, '$1 …')
		.replace(/\b(sk-|hf_|gsk_|nvapi-|xai-)[\w*.-]{4,}/gi, '$1…')
		.replace(/\b(api[-_ ]?key|authorization|password|secret)(["']?\s*[:=]\s*["']?)[^\s"',;]{4,}/gi, '$1$2…')
		.replace(/:\/\/[^/\s:@]+:[^/\s@]+@/g, '://…@')
		.replace(/\s+/g, ' ')
		.trim();
	const characters = [...line];
	return characters.length <= longest ? line : `${characters.slice(0, longest - 1).join('')}…`;
}

/**
 * The error inside a JSON answer, as one line; '' when there is none. Knows `{"error":{"message"}}` (OpenAI, vLLM,
 * llama.cpp), `{"error":"…"}` (Ollama, vLLM without its key), `{"object":"error","message"}` (SGLang) and
 * `{"detail":…}` (FastAPI).
 */
export function errorOf(message: unknown): string {
	const {error, object, detail, message: own} = record(message);
	if (typeof error === 'string' && error !== '') return errorLine(error);
	if (isRecord(error)) return describeError(error);
	if (object === 'error') return errorLine(text(own)) || 'an error without a message';
	if (typeof detail === 'string' && detail !== '') return errorLine(detail);
	if (Array.isArray(detail) && detail.length > 0) return errorLine(jsonText(detail)) || 'an error without a message';
	return '';
}

/** The members of an error object as one line; never ''. */
export function describeError(error: unknown): string {
	if (typeof error === 'string' && error !== '') return errorLine(error);
	const {message, type, code} = record(error);
	const line = errorLine(text(message));
	if (line !== '') return line;
	const kind = errorLine([text(type), typeof code === 'number' ? String(code) : text(code)].filter(Boolean).join(' '));
	return kind === '' ? 'an error without a message' : `an error without a message (${kind})`;
}

/** The JSON value of a text from outside; `undefined` when it is none. */
export function parseJson(raw: string): unknown {
	try {
		return JSON.parse(raw);
	} catch {
		return undefined;
	}
}
