/**
 * Plain JSON to a value of our types, by a shape: everything is checked, `null` becomes absent, members that the shape
 * does not know are left behind. Accepts and refuses what a JSON Schema validator would (a test compares with ajv),
 * but for free objects nested deeper than `deepest`.
 */

import {jsonType, typeName} from '../json-type.ts';
import {isObject, type Shape} from './shape.ts';

/** How deep a document may be nested. A session needs 8 levels; what people put into `--body` may need some more. */
export const deepest = 32;

/** The first thing that does not fit. */
export class Mismatch extends Error {
	override readonly name = 'Mismatch';
	/** Where, from the outside in: `['levels', 3, 'ttftMs']`. */
	readonly path: (string | number)[] = [];

	/** The place as people write it: `levels[3].ttftMs`; empty for the whole. Fit for a terminal, whatever the names are. */
	get place(): string {
		return this.path
			.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`))
			.join('')
			.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '?')
			.slice(0, 120);
	}
}

/** How a required member that is not there is taken: refused, as the schema says, or as `null`. */
type Absent = 'refused' | 'null';

/**
 * A document, in which what is not known is `null`. The caller names the type; that the schema says the same is checked
 * by a test, not by the compiler. Throws `Mismatch`.
 */
export function decodeDocument<Type>(shape: Shape, value: unknown): Type {
	return decode(shape, value, 'refused') as Type;
}

/** Our own values as `JSON.stringify` leaves them: what is not known is not there. Otherwise as `decodeDocument`. */
export function decodePlain<Type>(shape: Shape, value: unknown): Type {
	return decode(shape, value, 'null') as Type;
}

function decode(shape: Shape, value: unknown, absent: Absent): unknown {
	const type = jsonType(value);
	const {types} = shape;
	if (types.length > 0 && !types.includes(type) && !(type === 'integer' && types.includes('number'))) {
		throw new Mismatch(`${typeName(type)} stands where ${types.map(typeName).join(' or ')} belongs`);
	}
	if (shape.values !== undefined && !shape.values.has(value)) {
		throw new Mismatch(`a value stands there that is not one of: ${[...shape.values].join(', ')}`);
	}
	if (typeof value === 'number') checkRange(shape, value);
	if (typeof value === 'string' && shape.pattern?.test(value) === false)
		throw new Mismatch('the text has another form');
	if (Array.isArray(value)) return shape.items === undefined ? value : decodeItems(shape.items, value, absent);
	if (!isObject(value)) return value;
	if (!shape.free) return decodeMembers(shape, value, absent);
	checkDepth(value, deepest);
	return value;
}

function decodeItems(shape: Shape, items: readonly unknown[], absent: Absent): unknown[] {
	return items.map((item, index) => {
		try {
			return decode(shape, item, absent);
		} catch (error) {
			throw within(index, error);
		}
	});
}

/** The entries go through `Object.fromEntries`: a label named `__proto__` is a label and nothing else. */
function decodeMembers(shape: Shape, value: Readonly<Record<string, unknown>>, absent: Absent): unknown {
	const entries: [string, unknown][] = [];
	let at = '';
	try {
		for (const {name, required, shape: member} of shape.members) {
			at = name;
			const there = Object.hasOwn(value, name);
			if (!there && required && (absent === 'refused' || !member.types.includes('null'))) {
				throw new Mismatch('it is missing');
			}
			const content = there ? decode(member, value[name], absent) : null;
			if (content !== null) entries.push([name, content]);
		}
		if (shape.names !== undefined || shape.rest !== undefined) {
			const known = new Set(shape.members.map(({name}) => name));
			for (const [name, content] of Object.entries(value)) {
				at = name;
				if (shape.names?.has(name) === false) throw new Mismatch('the name is not known');
				if (shape.rest !== undefined && !known.has(name)) entries.push([name, decode(shape.rest, content, absent)]);
			}
		}
	} catch (error) {
		throw within(at, error);
	}
	return Object.fromEntries(entries);
}

/** The error, with one more step in front of its path. */
export function within(step: string | number, error: unknown): unknown {
	if (error instanceof Mismatch) error.path.unshift(step);
	return error;
}

function checkRange({minimum, maximum}: Shape, value: number): void {
	if (minimum !== undefined && value < minimum) throw new Mismatch(`${value} is less than ${minimum}`);
	if (maximum !== undefined && value > maximum) throw new Mismatch(`${value} is more than ${maximum}`);
}

function checkDepth(value: unknown, left: number): void {
	if (typeof value !== 'object' || value === null) return;
	if (left === 0) throw new Mismatch(`it is nested deeper than ${deepest}`);
	for (const content of Object.values(value)) checkDepth(content, left - 1);
}
