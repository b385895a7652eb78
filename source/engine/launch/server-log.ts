/** What a server's log says: its last lines, the stage that it is in, facts, and why it failed, by a preset's rules. */

import type {StartStage} from '../../snapshot.ts';
import {LogLines} from './log-lines.ts';
import type {LogRules} from './preset.ts';

/** Lines that are kept. */
const keptLines = 1_000;
/** What is said so many lines before the end does not tell of it; eight workers' tracebacks do not reach so far. */
const tellingLines = 5_000;

/** Why a server failed, as far as its log tells. */
export interface KnownCause {
	/** What it means, one sentence. */
	readonly cause: string;
	/** What to change, one sentence; absent where only the log speaks. */
	readonly advice?: string;
}

export interface StageProgress {
	readonly stage: StartStage;
	/** 0 to 1; absent: not told. */
	readonly progress?: number;
}

export interface ServerLogOptions {
	readonly rules: LogRules;
	/** Takes the secrets out of a line. */
	readonly redact: (line: string) => string;
	/** A line began a stage, or told of its progress; `ready` and `stopping` are not a log's to say. */
	readonly onStage: (progress: StageProgress) => void;
}

/** A rule for a failure. */
interface Failure {
	readonly pattern: RegExp;
	readonly cause: string;
	readonly advice: string;
	/** The newest line that it fitted, with what stood in it. */
	seen?: {readonly at: number; readonly cause: string; readonly advice: string};
}

export class ServerLog {
	readonly #lines: string[] = [];
	readonly #splitter: LogLines;
	readonly #stages: readonly {readonly pattern: RegExp; readonly stage: StartStage; readonly percent?: number}[];
	readonly #factRules: readonly {readonly pattern: RegExp; readonly facts: LogRules['facts'][number]['facts']}[];
	readonly #failures: readonly Failure[];
	readonly #facts = new Map<string, string>();
	readonly #onStage: (progress: StageProgress) => void;
	#error: {readonly words: string; readonly at: number; readonly isRoot: boolean} | undefined;
	/** Lines so far. */
	#count = 0;

	constructor({rules, redact, onStage}: ServerLogOptions) {
		this.#onStage = onStage;
		this.#stages = rules.stages.map((rule) => ({...rule, pattern: new RegExp(rule.pattern)}));
		this.#factRules = rules.facts.map((rule) => ({...rule, pattern: new RegExp(rule.pattern)}));
		this.#failures = rules.failures.map((rule) => ({...rule, pattern: new RegExp(rule.pattern)}));
		this.#splitter = new LogLines((line, replacesLast) => this.#take(redact(line), replacesLast));
	}

	/** At most 1,000, the newest last; without secrets and colours. */
	get lines(): readonly string[] {
		return this.#lines;
	}

	/** In the order in which they were first told; the newest value of each. */
	get facts(): readonly {readonly name: string; readonly value: string}[] {
		return [...this.#facts].map(([name, value]) => ({name, value}));
	}

	push(bytes: Uint8Array): void {
		this.#splitter.push(bytes);
	}

	/** Nothing more will come. */
	finish(): void {
		this.#splitter.finish();
	}

	/**
	 * The most telling cause that its last lines tell: of the rules that fitted one the first in the preset's order, else
	 * an error's own words.
	 */
	cause(): KnownCause | undefined {
		const isRecent = ({at}: {readonly at: number}) => this.#count - at < tellingLines;
		const known = this.#failures.find(({seen}) => seen !== undefined && isRecent(seen))?.seen;
		if (known !== undefined) return {cause: known.cause, advice: known.advice};
		return this.#error !== undefined && isRecent(this.#error) ? {cause: this.#error.words} : undefined;
	}

	#take(line: string, replacesLast: boolean): void {
		this.#count += 1;
		if (replacesLast) this.#lines.pop();
		this.#lines.push(line);
		if (this.#lines.length > keptLines) this.#lines.shift();
		for (const {pattern, stage, percent} of this.#stages) {
			const match = pattern.exec(line);
			if (match === null || stage === 'ready' || stage === 'stopping') continue;
			const share = Number(percent === undefined ? Number.NaN : match[percent]) / 100;
			this.#onStage({stage, ...(Number.isFinite(share) ? {progress: Math.min(1, Math.max(0, share))} : {})});
		}
		for (const {pattern, facts} of this.#factRules) {
			const match = pattern.exec(line);
			if (match === null) continue;
			for (const {name, value} of facts) this.#facts.set(filled(name, match), filled(value, match));
		}
		for (const failure of this.#failures) {
			const match = failure.pattern.exec(line);
			if (match === null) continue;
			const {cause, advice} = failure;
			failure.seen = {at: this.#count, cause: filled(cause, match), advice: filled(advice, match)};
		}
		this.#noteError(line);
	}

	/** An error that only points back ("See root cause above") leaves the one before it the most telling. */
	#noteError(line: string): void {
		if (this.#error?.isRoot === true) return;
		if (pointsBack.test(line)) {
			if (this.#error !== undefined) this.#error = {...this.#error, isRoot: true};
			return;
		}
		const words = errorWords.exec(line)?.[1];
		if (words !== undefined) this.#error = {words, at: this.#count, isRoot: false};
	}
}

const pointsBack = /\b(?:root cause|stack trace)s? \(?above\)?|\(?above\)? for the root cause/i;
/** `ValueError: …`, `torch.OutOfMemoryError: …`, `error: …`, `Error: …`, wherever they stand in a line. */
const errorWords = /(?:^|[\s(])((?:[\w.]*(?:Error|Exception)|error|Error|ERROR):\s.+)$/;

function filled(template: string, match: RegExpExecArray): string {
	return template.replace(/\$(\d)/g, (_, group: string) => match[Number(group)] ?? '');
}
