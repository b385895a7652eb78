/** The simulated engine on the real clock: takes checked requests, writes their answers as the tokens come. */

import {now} from '../../clock.ts';
import type {AnswerEnd, AnswerFacts, Finish} from './answer-format.ts';
import {EngineModel} from './engine-model.ts';
import type {Generation} from './generation.ts';
import {chunkOf, type HttpReply, lastChunk, type WholeAnswer} from './http-server.ts';
import type {FaultKind, Faults} from './options.ts';
import type {Profile} from './profile.ts';
import {VllmMetrics} from './vllm-metrics.ts';
import {wordOf} from './words.ts';

const tooMany: WholeAnswer = {
	status: 429,
	contentType: 'application/json',
	body: JSON.stringify({error: {message: 'Too many requests.', type: 'rate_limit', param: null, code: 429}}),
	headers: 'retry-after: 1\r\n',
};

/** With which token a fault in mid-stream comes. */
const faultToken = 3;

interface Active {
	readonly generation: Generation;
	readonly reply: HttpReply;
	readonly fault: FaultKind | undefined;
	facts: AnswerFacts;
	/** Instants, ms of the engine's time. */
	readonly receivedAt: number;
	admittedAt: number;
	firstAt: number;
	lastAt: number;
	/** Of an answer that is not streamed: its text so far, in the end its body. */
	text: string;
	status: number;
	/** Bytes to be written when this pass is over. */
	unwritten: string;
	headSent: boolean;
	stalled: boolean;
	/** The answer is complete, well or not. */
	over: boolean;
}

export class ServedEngine {
	readonly profile: Profile;
	readonly #scale: number;
	readonly #faults: Faults | undefined;
	readonly #model: EngineModel;
	readonly #metrics = new VllmMetrics();
	readonly #active = new Map<number, Active>();
	/** Those that got something in this pass. */
	readonly #touched = new Set<number>();
	readonly #startedAt = now();
	#requests = 0;
	#ids = 1;
	#timer: NodeJS.Timeout | undefined;

	constructor(profile: Profile, timeScale: number, faults: Faults | undefined) {
		this.profile = profile;
		this.#scale = timeScale;
		this.#faults = faults;
		this.#model = new EngineModel(profile, {
			admitted: (id, at, cachedTokens) => this.#admitted(id, at, cachedTokens),
			token: (id, at, tokens) => this.#token(id, at, tokens),
		});
	}

	/** Answers one request. `receivedAt`: ms of clock.ts. */
	generate(generation: Generation, reply: HttpReply, receivedAt: number): void {
		const {format, id, model, prompt, includeUsage, continuousUsage} = generation;
		const number = ++this.#requests;
		const faults = this.#faults;
		const fault = faults !== undefined && number % faults.everyNth === 0 ? faults.kind : undefined;
		if (fault === '429' || fault === '500') {
			reply.send(fault === '429' ? tooMany : {status: 500, contentType: 'application/json', body: format.failure});
			return;
		}
		const created = Math.floor(Date.now() / 1000);
		const active: Active = {
			generation,
			reply,
			fault,
			facts: {id, model, created, promptTokens: prompt.tokens, includeUsage, continuousUsage},
			receivedAt: this.#engineTime(receivedAt),
			admittedAt: 0,
			firstAt: 0,
			lastAt: 0,
			text: '',
			status: 200,
			unwritten: '',
			headSent: false,
			stalled: false,
			over: false,
		};
		this.#active.set(number, active);
		reply.onClose(() => this.#leave(number));
		if (generation.stream && format.headAtOnce) this.#sendHead(active);
		this.#pass(() =>
			this.#model.submit({id: number, prompt, outputTokens: generation.length.tokens}, this.#engineTime(now())),
		);
	}

	/** A request's id of this server's own making. */
	newId(): string {
		this.#ids = (Math.imul(this.#ids, 0x5851f42d) + 0x14057b7f) >>> 0;
		return this.#ids.toString(16).padStart(8, '0').repeat(2);
	}

	/** Begins no work for so long, ms of the engine's time. */
	hold(durationMs: number): void {
		this.#model.holdUntil(this.#engineTime(now()) + durationMs);
	}

	/** Real time that a duration of the engine takes, ms. */
	realMs(engineMs: number): number {
		return engineMs / this.#scale;
	}

	metricsText(): string {
		const {running, waiting, kvUsage} = this.#model;
		return this.#metrics.text(this.profile, {running, waiting, kvUsage});
	}

	close(): void {
		clearTimeout(this.#timer);
		this.#active.clear();
	}

	#engineTime(at: number): number {
		return (at - this.#startedAt) * this.#scale;
	}

	#leave(number: number): void {
		this.#active.delete(number);
		this.#pass(() => this.#model.cancel(number));
	}

	/** Brings the model to the present, does one thing to it, writes what came of it and sets the timer. */
	readonly #pass = (change?: () => void): void => {
		this.#model.advance(this.#engineTime(now()));
		change?.();
		for (const number of this.#touched) this.#write(number);
		this.#touched.clear();
		clearTimeout(this.#timer);
		const next = this.#model.nextAt;
		if (next === undefined) return;
		const waitMs = (next - this.#engineTime(now())) / this.#scale;
		this.#timer = setTimeout(this.#pass, Math.max(0, Math.ceil(waitMs)));
	};

	#write(number: number): void {
		const active = this.#active.get(number);
		if (active === undefined) return;
		if (active.unwritten !== '') active.reply.write(active.unwritten);
		active.unwritten = '';
		if (!active.over) return;
		this.#active.delete(number);
		// Had it not ended by itself, the engine would still compute it.
		this.#model.cancel(number);
		if (active.fault === 'reset') active.reply.reset();
		else if (active.generation.stream) active.reply.finish();
		else active.reply.send({status: active.status, contentType: 'application/json', body: active.text});
	}

	#admitted(number: number, at: number, cachedTokens: number): void {
		const active = this.#active.get(number);
		if (active === undefined) return;
		active.admittedAt = at;
		this.#metrics.lookedUp(active.facts.promptTokens, cachedTokens);
		if (this.profile.tellsCachedTokens) active.facts = {...active.facts, cachedTokens};
	}

	#token(number: number, at: number, tokens: number): void {
		const active = this.#active.get(number);
		if (active === undefined || active.over) return;
		this.#touched.add(number);
		if (tokens === 1) {
			active.firstAt = at;
			this.#metrics.firstToken(active.facts.promptTokens, this.#seconds(at - active.receivedAt));
		} else this.#metrics.nextToken(this.#seconds(at - active.lastAt));
		active.lastAt = at;
		const {length, prompt, format} = active.generation;
		const last = tokens === length.tokens;
		if (tokens === Math.min(faultToken, length.tokens) && this.#meetFault(active, tokens)) return;
		if (active.stalled) return;
		const endToken = last && length.finish === 'stop';
		if (!endToken || format.endTokenIsSent) {
			this.#send(active, endToken ? '' : wordOf(prompt.seed, tokens - 1), tokens, last ? length.finish : undefined);
		}
		if (last) this.#finish(active, tokens, length.finish);
	}

	/** True when the fault took the place of the token. */
	#meetFault(active: Active, tokens: number): boolean {
		const {format, prompt, stream} = active.generation;
		switch (active.fault) {
			case 'stall':
				active.stalled = true;
				return true;
			case 'reset':
				active.over = true;
				return true;
			case 'error-in-stream':
				if (stream) active.unwritten += `${format.errorInStream.map(chunkOf).join('')}${lastChunk}`;
				else active.text = format.failure;
				active.status = 500;
				active.over = true;
				return true;
			case 'abort':
				this.#send(active, wordOf(prompt.seed, tokens - 1), tokens, 'abort');
				this.#finish(active, tokens, 'abort');
				return true;
			default:
				return false;
		}
	}

	#sendHead(active: Active): void {
		active.headSent = true;
		active.reply.write(active.reply.headOfStream(active.generation.format.streamType));
	}

	#send(active: Active, text: string, tokens: number, finish: Finish | undefined): void {
		const {format, stream} = active.generation;
		if (!stream) {
			active.text += text;
			return;
		}
		if (!active.headSent) this.#sendHead(active);
		for (const message of format.token(active.facts, text, tokens, finish)) active.unwritten += chunkOf(message);
	}

	#finish(active: Active, tokens: number, finish: Finish): void {
		const {format, stream, loadMs} = active.generation;
		const prefillMs = this.realMs(active.firstAt - active.admittedAt);
		const decodeMs = this.realMs(active.lastAt - active.firstAt);
		const totalMs = this.realMs(active.lastAt - active.receivedAt);
		this.#metrics.finished({
			finish,
			promptTokens: active.facts.promptTokens,
			tokens,
			queueS: this.#seconds(active.admittedAt - active.receivedAt),
			prefillS: prefillMs / 1000,
			decodeS: decodeMs / 1000,
			totalS: totalMs / 1000,
		});
		const end: AnswerEnd = {tokens, finish, timings: {totalMs, loadMs, prefillMs, decodeMs}};
		active.over = true;
		if (stream) active.unwritten += `${format.end(active.facts, end).map(chunkOf).join('')}${lastChunk}`;
		else active.text = format.whole(active.facts, active.text, end);
	}

	#seconds(engineMs: number): number {
		return this.realMs(engineMs) / 1000;
	}
}
