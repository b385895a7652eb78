/**
 * A session as the text of its document: the members of the schema, in its order, all of them; what is not known is
 * `null`. A document can hold a million requests, so it is made piece by piece and never stands in memory as a whole.
 */

import type {Session} from '../snapshot.ts';
import {publicConfig} from './redact.ts';
import {isObject, type Shape, sessionShape} from './shape.ts';

/** The document in pieces of at most a line: top-level members, levels, records and series points on lines of their own. */
export function* sessionChunks(session: Session): Generator<string> {
	yield* lines(sessionShape(), {...session, config: publicConfig(session.config)}, 0);
	yield '\n';
}

/**
 * A number as it is saved: three decimals (instants to 1 µs), below 1 four significant digits, so that neither a short
 * time nor a slow rate loses more than 0.05 %.
 */
export function rounded(value: number): number {
	if (Number.isInteger(value) || !Number.isFinite(value)) return value;
	return Math.abs(value) >= 1 ? Math.round(value * 1000) / 1000 : Number(value.toPrecision(4));
}

/** Objects at even depths (the session, a level) and lists at odd ones (levels, records) are broken onto lines. */
function* lines(shape: Shape, value: unknown, depth: number): Generator<string> {
	const broken = depth < 4 && (depth % 2 === 0 ? isObject(value) : isList(value));
	if (!broken) {
		yield compact(shape, value);
		return;
	}
	const indent = `\n${'\t'.repeat(depth + 1)}`;
	let before = indent;
	if (isList(value)) {
		yield '[';
		for (const item of value) {
			yield before;
			yield* lines(shape.items ?? anything, item, depth + 1);
			before = `,${indent}`;
		}
		yield before === indent ? ']' : `\n${'\t'.repeat(depth)}]`;
		return;
	}
	yield '{';
	for (const [name, member, content] of membersOf(shape, value)) {
		yield `${before}${JSON.stringify(name)}: `;
		yield* lines(member, content, depth + 1);
		before = `,${indent}`;
	}
	yield `\n${'\t'.repeat(depth)}}`;
}

/** Records are a list that may not stand in memory as a whole. */
function isList(value: unknown): value is Iterable<unknown> {
	return typeof value === 'object' && value !== null && Symbol.iterator in value;
}

const anything: Shape = {types: [], members: [], free: true};

function compact(shape: Shape, value: unknown): string {
	if (typeof value === 'number') return JSON.stringify(rounded(value));
	if (Array.isArray(value)) return `[${value.map((item) => compact(shape.items ?? anything, item)).join(',')}]`;
	if (!isObject(value) || shape.free) return JSON.stringify(value ?? null);
	const parts: string[] = [];
	for (const [name, member, content] of membersOf(shape, value)) {
		parts.push(`${JSON.stringify(name)}:${compact(member, content)}`);
	}
	return `{${parts.join(',')}}`;
}

/** What an object says under each name: the required names always, the others when they hold something. */
function* membersOf(shape: Shape, value: unknown): Generator<[name: string, shape: Shape, content: unknown]> {
	if (!isObject(value)) return;
	for (const {name, required, shape: member} of shape.members) {
		const content = value[name];
		if (required || content !== undefined) yield [name, member, content];
	}
	if (shape.rest === undefined) return;
	const named = new Set(shape.members.map(({name}) => name));
	for (const [name, content] of Object.entries(value)) {
		if (!named.has(name) && content !== undefined) yield [name, shape.rest, content];
	}
}
