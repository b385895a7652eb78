/**
 * An inference engine as arithmetic: slots, a queue, prompts computed in pieces beside the decoding of others, steps
 * that take longer the more requests they carry, a KV cache with an end, a prefix cache. Pure: it is told what time it
 * is and tells what happened. Unit: milliseconds of the engine's own time, from any start.
 */

import {PrefixCache} from './prefix-cache.ts';
import type {Profile} from './profile.ts';
import {blockTokens, type Prompt} from './prompt.ts';
import {seededRandom} from './words.ts';

export interface ModelRequest {
	/** Unique. */
	readonly id: number;
	readonly prompt: Prompt;
	/** How many tokens it will have, ≥ 1. */
	readonly outputTokens: number;
}

/** Told what happens, in order of time. It must not call the model. */
export interface ModelListener {
	/** A request left the queue. */
	admitted(id: number, at: number, cachedTokens: number): void;
	/** A request got its token number `tokens` (from 1); its last one when that equals `outputTokens`. */
	token(id: number, at: number, tokens: number): void;
}

interface Running {
	readonly request: ModelRequest;
	/** Prompt tokens still to compute. */
	prefillLeft: number;
	/** Those of them in the step under way. */
	prefillNow: number;
	decoding: boolean;
	tokens: number;
}

export class EngineModel {
	readonly #profile: Profile;
	readonly #listener: ModelListener;
	/** Maps keep the order of arrival and forget in no time. */
	readonly #waiting = new Map<number, ModelRequest>();
	readonly #running = new Map<number, Running>();
	readonly #prefixes: PrefixCache;
	readonly #random = seededRandom(1);
	/** KV tokens promised to the running: prompt and answer, so that none has to be thrown out. */
	#promised = 0;
	#stepEndsAt: number | undefined;
	#idleUntil = 0;

	constructor(profile: Profile, listener: ModelListener) {
		this.#profile = profile;
		this.#listener = listener;
		this.#prefixes = new PrefixCache(Math.floor(profile.kvTokens / blockTokens));
	}

	get running(): number {
		return this.#running.size;
	}

	get waiting(): number {
		return this.#waiting.size;
	}

	/** Share of the KV cache that holds computed tokens, 0 to 1. */
	get kvUsage(): number {
		let tokens = 0;
		for (const running of this.#running.values()) {
			tokens += running.request.prompt.tokens - running.prefillLeft + running.tokens;
		}
		return Math.min(1, tokens / this.#profile.kvTokens);
	}

	/** When `advance` will have something to do; absent while idle. */
	get nextAt(): number | undefined {
		return this.#stepEndsAt;
	}

	/** Nothing is begun before this instant: the model is being loaded. */
	holdUntil(at: number): void {
		this.#idleUntil = at;
	}

	/** A request arrives. Call `advance(at)` before. */
	submit(request: ModelRequest, at: number): void {
		this.#waiting.set(request.id, request);
		if (this.#stepEndsAt === undefined) this.#beginStep(at);
	}

	/** The client of a request is gone: its slot and memory are free from the next step on. */
	cancel(id: number): void {
		this.#waiting.delete(id);
		const running = this.#running.get(id);
		if (running !== undefined) this.#leave(running);
	}

	/** Does all that happens up to an instant. */
	advance(until: number): void {
		while (this.#stepEndsAt !== undefined && this.#stepEndsAt <= until) {
			const at = this.#stepEndsAt;
			this.#endStep(at);
			this.#beginStep(at);
		}
	}

	#leave(running: Running): void {
		const {id, prompt, outputTokens} = running.request;
		this.#running.delete(id);
		this.#promised -= prompt.tokens + outputTokens;
	}

	#beginStep(at: number): void {
		if (at < this.#idleUntil) {
			for (const running of this.#running.values()) running.decoding = false;
			this.#stepEndsAt = this.#waiting.size === 0 ? undefined : this.#idleUntil;
			return;
		}
		this.#admit(at);
		this.#stepEndsAt = this.#running.size === 0 ? undefined : at + this.#planStep();
	}

	/** Moves requests from the queue into slots, first come first served. */
	#admit(at: number): void {
		for (const [id, request] of this.#waiting) {
			const need = request.prompt.tokens + request.outputTokens;
			if (this.#running.size >= this.#profile.slots) return;
			if (this.#promised + need > this.#profile.kvTokens && this.#running.size > 0) return;
			// At least one token of a prompt is always computed.
			const known = this.#prefixes.known(request.prompt.blocks) * blockTokens;
			const cached = Math.min(known, Math.floor((request.prompt.tokens - 1) / blockTokens) * blockTokens);
			const prefillLeft = request.prompt.tokens - cached;
			this.#waiting.delete(id);
			this.#promised += need;
			this.#running.set(id, {request, prefillLeft, prefillNow: 0, decoding: false, tokens: 0});
			this.#listener.admitted(id, at, cached);
		}
	}

	/** Decides what the next step computes; returns how long it takes. */
	#planStep(): number {
		const {stepTokens, prefillFixedMs, prefillTokensPerSecond, jitter} = this.#profile;
		let decoding = 0;
		for (const running of this.#running.values()) {
			running.decoding = running.prefillLeft === 0;
			if (running.decoding) decoding++;
		}
		const room = Math.max(1, stepTokens - decoding);
		let prefill = 0;
		for (const running of this.#running.values()) {
			running.prefillNow = Math.min(running.prefillLeft, room - prefill);
			prefill += running.prefillNow;
		}
		const prefillMs = prefill === 0 ? 0 : prefillFixedMs + (prefill * 1000) / prefillTokensPerSecond;
		const decodeMs = decoding === 0 ? 0 : decodeStepMs(this.#profile, decoding);
		return (prefillMs + decodeMs) * (1 + jitter * (2 * this.#random() - 1));
	}

	#endStep(at: number): void {
		for (const running of this.#running.values()) {
			const {id, prompt, outputTokens} = running.request;
			const computed = running.prefillNow > 0;
			running.prefillLeft -= running.prefillNow;
			running.prefillNow = 0;
			if (computed && running.prefillLeft === 0) this.#prefixes.add(prompt.blocks);
			const finishedPrompt = computed && running.prefillLeft === 0;
			if (!running.decoding && !finishedPrompt) continue;
			running.tokens++;
			if (running.tokens >= outputTokens) this.#leave(running);
			this.#listener.token(id, at, running.tokens);
		}
	}
}

/** Duration of a decoding step with so many requests, ms: straight lines between the profile's points. */
export function decodeStepMs(profile: Profile, requests: number): number {
	const points = profile.decodeStepMs;
	const above = points.findIndex(([count]) => count >= requests);
	const end = above < 0 ? points.length - 1 : above;
	const [highCount, highMs] = points[end] ?? [1, 0];
	const [lowCount, lowMs] = points[end - 1] ?? [highCount, highMs];
	if (highCount === lowCount) return highMs;
	return lowMs + ((highMs - lowMs) * (requests - lowCount)) / (highCount - lowCount);
}
