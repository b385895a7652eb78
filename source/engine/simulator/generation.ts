/** A request for text, read out of an engine's JSON and checked: what the simulated engine works on. */

import type {AnswerFormat} from './answer-format.ts';
import type {Profile} from './profile.ts';
import type {Prompt} from './prompt.ts';
import {seededRandom} from './words.ts';

export interface Generation {
	readonly format: AnswerFormat;
	readonly id: string;
	/** The model's name as the answer tells it. */
	readonly model: string;
	readonly stream: boolean;
	readonly prompt: Prompt;
	/** How long the answer will be, tokens; with `stop` the last one is the end token. */
	readonly length: {readonly tokens: number; readonly finish: 'stop' | 'length'};
	readonly includeUsage: boolean;
	readonly continuousUsage: boolean;
	/** Time that the request spent on loading the model, ms of real time. */
	readonly loadMs: number;
}

/** How long the answer to a prompt gets if it may end where it wants, tokens: the same for the same prompt. */
function naturalTokens(profile: Profile, prompt: Prompt): number {
	const {median, sigma, min, max} = profile.naturalTokens;
	const random = seededRandom(prompt.seed);
	random();
	// Box and Muller's way from two even numbers to a normal one.
	const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
	return Math.min(max, Math.max(min, Math.round(median * Math.exp(sigma * normal))));
}

export interface LengthWish {
	/** Most tokens. */
	readonly limit: number;
	readonly atLeast: number;
	/** Go on to the limit whatever the model wants. */
	readonly exact: boolean;
}

export function answerLength(profile: Profile, prompt: Prompt, wish: LengthWish): Generation['length'] {
	if (wish.exact) return {tokens: wish.limit, finish: 'length'};
	const natural = Math.max(wish.atLeast, naturalTokens(profile, prompt));
	return natural < wish.limit ? {tokens: natural, finish: 'stop'} : {tokens: wish.limit, finish: 'length'};
}
