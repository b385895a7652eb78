/**
 * HOT PATH: what an event of a dialect says, by a template where one fits (event-template.ts) and else by JSON.parse,
 * from which a template is learnt.
 */

import type {Buffer} from 'node:buffer';
import {clearMeaning, type Dialect, emptyMeaning, type Meaning} from '../servers/server.ts';
import {type Hole, type Literal, literalOf, mostHoles, type Role, Template} from './event-template.ts';
import {type JsonValue, jsonValues} from './json-values.ts';

/** Longest event that is learnt, bytes: long ones are rare, and their templates would be large. */
const longestLearnt = 16_384;

/** Most templates kept for a dialect; the ones used last stay. */
const mostTemplates = 8;

function filled(hole: Hole, index: number): string {
	if (hole.kind === 'string') return `value ${index}`;
	return hole.kind === 'numbers' ? `[${index}]` : String(index + 1);
}

function empty(hole: Hole): string {
	if (hole.kind === 'string') return '';
	return hole.kind === 'numbers' ? '[]' : '0';
}

/** Where a reading goes. */
export interface Reading {
	readonly meaning: Meaning;
	/** Without it a text reads as `someText`, whatever it is. */
	keepText: boolean;
}

/** Reads the events of one dialect; shared by all streams of a thread, which have the same templates. */
export class EventReader {
	readonly #dialect: Dialect;
	readonly #roles = new Map<string, {readonly role: Role; readonly order: number}>();
	#templates: Template[] = [];
	/**
	 * What learning may still cost. An event that no template fits takes 4, one that fits gives 1 back; at 0 all events
	 * are parsed, and only every 256th time is learning tried again. So a server whose every event is different costs
	 * hardly more than the parsing.
	 */
	#credit = 64;
	#parsed = 0;

	constructor(dialect: Dialect) {
		this.#dialect = dialect;
		const add = (role: Role, paths: readonly string[]) => {
			for (const [order, path] of paths.entries()) this.#roles.set(path, {role, order});
		};
		add('text', dialect.textPaths);
		add('reasoning', dialect.reasoningPaths);
		add('count', dialect.countPaths);
		add('input', dialect.inputPaths);
		add('cached', dialect.cachedPaths);
		add('ignored', dialect.ignoredPaths);
	}

	/** Fills `into.meaning` with what the event says; `false` when it is not JSON. */
	read(bytes: Buffer, start: number, end: number, into: Reading): boolean {
		const {meaning, keepText} = into;
		clearMeaning(meaning);
		if (this.#credit > 0) {
			const templates = this.#templates;
			for (let index = 0; index < templates.length; index++) {
				const template = templates[index];
				if (template?.fits(bytes, start, end) !== true) continue;
				template.fill(bytes, meaning, keepText);
				if (this.#credit < 64) this.#credit += 1;
				if (index > 0) this.#toFront(index, template);
				return true;
			}
		}
		return this.#parse(bytes, start, end, meaning);
	}

	#toFront(index: number, template: Template): void {
		const first = this.#templates[0];
		if (first !== undefined) this.#templates[index] = first;
		this.#templates[0] = template;
	}

	#parse(bytes: Buffer, start: number, end: number, meaning: Meaning): boolean {
		let message: unknown;
		try {
			message = JSON.parse(bytes.toString('utf8', start, end));
		} catch {
			return false;
		}
		this.#dialect.interpret(message, meaning);
		if (!isPlain(meaning) || end - start > longestLearnt) return true;
		if (this.#credit <= 0) {
			this.#parsed += 1;
			if (this.#parsed < 256) return true;
			this.#parsed = 0;
			this.#credit = 8;
		}
		this.#credit -= 4;
		this.#learn(bytes, start, end, meaning);
		return true;
	}

	#learn(bytes: Buffer, start: number, end: number, meaning: Meaning): void {
		const values = jsonValues(bytes, start, end);
		if (values === undefined) return;
		const template = this.#template(bytes, start, end, values, meaning);
		if (template === undefined) return;
		if (!this.#proves(template, bytes.subarray(start, end))) return;
		if (!this.#proves(template, template.example(filled))) return;
		if (!this.#proves(template, template.example(empty))) return;
		this.#templates.unshift(template);
		if (this.#templates.length > mostTemplates) this.#templates.pop();
	}

	/** Whether the template reads this event as parsing does: tried with its holes as they were, filled and empty. */
	#proves(template: Template, event: Buffer): boolean {
		if (!template.fits(event, 0, event.length)) return false;
		const read = emptyMeaning();
		const parsed = emptyMeaning();
		template.fill(event, read, true);
		this.#dialect.interpret(JSON.parse(event.toString()), parsed);
		return isPlain(parsed) && sameMeaning(read, parsed);
	}

	#template(
		bytes: Buffer,
		start: number,
		end: number,
		values: readonly JsonValue[],
		meaning: Meaning,
	): Template | undefined {
		const literals: Literal[] = [];
		const holes: Hole[] = [];
		const counted = this.#dialect.countPaths.find((path) => values.some((value) => value.path === path));
		let position = start;
		for (const value of values) {
			const hole = this.#hole(value, counted);
			if (hole === undefined) continue;
			literals.push(literalOf(bytes, position, value.start));
			holes.push(hole);
			position = value.end;
		}
		if (holes.length > mostHoles) return undefined;
		literals.push(literalOf(bytes, position, end));
		return new Template(literals, holes, meaning);
	}

	#hole(value: JsonValue, counted: string | undefined): Hole | undefined {
		const known = this.#roles.get(value.path);
		if (known === undefined || value.kind === 'other') return undefined;
		const {role, order} = known;
		if (role === 'text' || role === 'reasoning') {
			return value.kind === 'string' ? {role, order, kind: 'string'} : undefined;
		}
		if (role === 'ignored') return {role, order, kind: value.kind};
		if (value.kind !== 'number') return undefined;
		if (role === 'count' && value.path !== counted) return {role: 'ignored', order, kind: 'number'};
		return {role, order, kind: 'count'};
	}
}

/** A message that says nothing but text and running counts: the only kind that comes often enough to be learnt. */
function isPlain(meaning: Meaning): boolean {
	return (
		meaning.finish === '' &&
		!meaning.done &&
		meaning.error === '' &&
		meaning.tokensHere < 0 &&
		meaning.finalTokens < 0 &&
		meaning.server === undefined
	);
}

function sameMeaning(one: Meaning, other: Meaning): boolean {
	return (
		one.text === other.text &&
		one.reasoning === other.reasoning &&
		one.tokensSoFar === other.tokensSoFar &&
		one.tokenSource === other.tokenSource &&
		one.namesFinish === other.namesFinish &&
		one.inputTokens === other.inputTokens &&
		one.cachedTokens === other.cachedTokens
	);
}

const readers = new WeakMap<Dialect, EventReader>();

/** The reader of this thread for a dialect. */
export function eventReader(dialect: Dialect): EventReader {
	const known = readers.get(dialect);
	if (known !== undefined) return known;
	const reader = new EventReader(dialect);
	readers.set(dialect, reader);
	return reader;
}
