/**
 * Prompts as the simulated engine sees them: a count of tokens and the blocks that its prefix cache knows them by.
 * The count is a rule of thumb for English (cl100k within a few per cent), not a tokenizer.
 */

import {isObject} from './json.ts';

export interface Prompt {
	readonly tokens: number;
	/** A hash of each full block of `blockTokens`, chained with those before it. */
	readonly blocks: readonly number[];
	/** A hash of the whole. */
	readonly seed: number;
}

/** Tokens in a block of the prefix cache: vLLM's default on a GPU. */
export const blockTokens = 16;

/** Tokens that a chat template adds: around each message, and once for the answer's start. */
const templateTokens = {message: 4, start: 3} as const;

/** A word with its leading space, three digits, or a run of anything else. */
const piece = / ?[\p{L}\p{M}']+|\d{1,3}| ?[^\s\p{L}\p{M}\d]+|\s+/gu;

/** Words longer than this are counted as several tokens. */
const longestWord = 12;

function mix(hash: number, code: number): number {
	return Math.imul(hash ^ code, 0x01000193);
}

/** Counts and hashes the pieces of a text. */
class PromptReader {
	#hash = 0x811c9dc5;
	#tokens = 0;
	#blocks: number[] = [];

	token(code: number): void {
		this.#hash = mix(this.#hash, code);
		this.#tokens++;
		if (this.#tokens % blockTokens === 0) this.#blocks.push(this.#hash * 4096 + (this.#blocks.length % 4096));
	}

	text(text: string): void {
		for (const [part] of text.matchAll(piece)) {
			let hash = 0;
			for (let index = 0; index < part.length; index++) hash = mix(hash, part.charCodeAt(index));
			for (let rest = part.length; rest > 0; rest -= longestWord) this.token(hash + rest);
		}
	}

	prompt(): Prompt {
		return {tokens: this.#tokens, blocks: this.#blocks, seed: this.#hash >>> 0};
	}
}

/** A prompt as /v1/completions takes it: a text, token numbers, or a list with one of these. Anything else: `undefined`. */
export function completionPrompt(value: unknown): Prompt | undefined {
	const reader = new PromptReader();
	const [only] = Array.isArray(value) && value.length === 1 ? value : [value];
	if (typeof only === 'string') {
		// The mark for the beginning of a text, which vLLM counts.
		reader.token(1);
		reader.text(only);
		return only === '' ? undefined : reader.prompt();
	}
	const numbers = typeof only === 'number' ? [only] : only;
	if (!Array.isArray(numbers) || numbers.length === 0) return undefined;
	for (const number of numbers) {
		if (typeof number !== 'number') return undefined;
		reader.token(number);
	}
	return reader.prompt();
}

/** The text of a message, whose content may come in parts. */
function contentText(content: unknown): string {
	if (typeof content === 'string') return content;
	if (!Array.isArray(content)) return '';
	return content.map((part: unknown) => (isObject(part) && typeof part.text === 'string' ? part.text : '')).join('');
}

/** The messages of a chat, laid out as a chat template does. */
export function chatPrompt(messages: readonly unknown[]): Prompt {
	const reader = new PromptReader();
	for (const message of messages) {
		if (!isObject(message)) continue;
		for (let mark = 0; mark < templateTokens.message - 1; mark++) reader.token(mark);
		reader.text(String(message.role ?? 'user'));
		reader.text(contentText(message.content));
	}
	for (let mark = 0; mark < templateTokens.start; mark++) reader.token(mark);
	return reader.prompt();
}
