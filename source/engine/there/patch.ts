/**
 * What has changed between two values of plain data, as JSON that is small where little has: members of objects, elements
 * of lists, what a list or a text has lost at its front and gained at its end. What `applyPatch` makes of the old value
 * and the patch is the new one, but for numbers, which are told to six significant digits.
 *
 * A patch is a primitive, which takes the place of what was there (`null`: nothing is there), or a list:
 *
 *     [0, value]                              the value itself, when it is an object or a list
 *     [1, {name: patch}]                      an object: the members that have changed
 *     [2, from, kept, {place: patch}, more]   a list: `kept` elements of the old one from `from` on, some of them changed, then more
 *     [3, from, more]                         a text: the old one from `from` on, then more
 */

export type Patch = string | number | boolean | null | readonly unknown[];

/** Texts that are shorter are told as a whole. */
const longText = 48;
/** So many of its first characters are looked for in the old text. */
const probeLength = 24;

/** Absent: nothing has changed. Objects that are the same ones are not looked into. */
export function patchOf(before: unknown, after: unknown): Patch | undefined {
	if (before === after) return undefined;
	if (Array.isArray(after)) return Array.isArray(before) ? listPatch(before, after) : [0, plain(after)];
	if (isObject(after)) return isObject(before) ? objectPatch(before, after) : [0, plain(after)];
	const value = primitive(after);
	if (value === primitive(before) && !isObject(before) && !Array.isArray(before)) return undefined;
	return typeof before === 'string' && typeof value === 'string' ? textPatch(before, value) : value;
}

/** Throws a `RangeError` when the patch is none, or does not fit the value. */
export function applyPatch(before: unknown, patch: unknown): unknown {
	if (!Array.isArray(patch)) return fromJson(patch);
	const [kind, first, second, third, fourth]: readonly unknown[] = patch;
	switch (kind) {
		case 0:
			return fromJson(first);
		case 1:
			return patchedObject(before, first);
		case 2:
			return patchedList(before, {from: first, kept: second, changed: third, more: fourth});
		case 3:
			if (typeof before !== 'string' || typeof second !== 'string') throw unfit();
			return before.slice(place(first, before.length)) + second;
		default:
			throw unfit();
	}
}

function objectPatch(before: Readonly<Record<string, unknown>>, after: Readonly<Record<string, unknown>>) {
	const changed: [string, Patch][] = [];
	for (const [name, value] of Object.entries(after)) {
		const patch = patchOf(Object.hasOwn(before, name) ? before[name] : undefined, value);
		if (patch !== undefined) changed.push([name, patch]);
	}
	for (const [name, value] of Object.entries(before)) {
		if (value !== undefined && !Object.hasOwn(after, name)) changed.push([name, null]);
	}
	return changed.length === 0 ? undefined : [1, Object.fromEntries(changed)];
}

function patchedObject(before: unknown, changed: unknown): unknown {
	if (!isObject(before) || !isObject(changed)) throw unfit();
	const members = new Map(Object.entries(before));
	for (const [name, patch] of Object.entries(changed)) {
		const value = applyPatch(members.get(name), patch);
		if (value === undefined) members.delete(name);
		else members.set(name, value);
	}
	return Object.fromEntries(members);
}

function listPatch(before: readonly unknown[], after: readonly unknown[]): Patch | undefined {
	const from = slide(before, after);
	const kept = Math.min(before.length - from, after.length);
	const changed: [string, Patch][] = [];
	for (let at = 0; at < kept; at++) {
		const patch = patchOf(before[from + at], after[at]);
		if (patch !== undefined) changed.push([String(at), patch]);
	}
	const more = after.slice(kept).map(plain);
	if (from === 0 && kept === before.length && changed.length === 0 && more.length === 0) return undefined;
	return [2, from, kept, Object.fromEntries(changed), more];
}

/** How many elements the list has lost at its front. */
function slide(before: readonly unknown[], after: readonly unknown[]): number {
	const [first] = after;
	if (after.length === 0) return 0;
	const at = before.findIndex((element) => patchOf(element, first) === undefined);
	return Math.max(0, at);
}

function patchedList(
	before: unknown,
	{from, kept, changed, more}: Readonly<Record<'from' | 'kept' | 'changed' | 'more', unknown>>,
): unknown {
	if (!Array.isArray(before) || !Array.isArray(more) || !isObject(changed)) throw unfit();
	const start = place(from, before.length);
	const length = place(kept, before.length - start);
	const list: unknown[] = before.slice(start, start + length);
	for (const [name, patch] of Object.entries(changed)) {
		const at = place(Number(name), length - 1);
		list[at] = applyPatch(list[at], patch);
	}
	for (const value of more) list.push(fromJson(value));
	return list;
}

function textPatch(before: string, after: string): Patch {
	if (before.length < longText || after.length < probeLength) return after;
	const from = before.indexOf(after.slice(0, probeLength));
	if (from < 0 || !after.startsWith(before.slice(from))) return after;
	return [3, from, after.slice(before.length - from)];
}

function primitive(value: unknown): string | number | boolean | null {
	if (typeof value === 'number') return told(value);
	return typeof value === 'string' || typeof value === 'boolean' ? value : null;
}

/** Six significant digits: more than anybody is shown. Whole numbers are exact. */
function told(value: number): number | null {
	if (Number.isInteger(value)) return value;
	return Number.isFinite(value) ? Number(value.toPrecision(6)) : null;
}

function plain(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(plain);
	if (!isObject(value)) return primitive(value);
	const members = Object.entries(value).filter(([, content]) => content !== undefined);
	return Object.fromEntries(members.map(([name, content]) => [name, plain(content)]));
}

/** A JSON object, as far as TypeScript is concerned. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What is not known is `null` in JSON, and nothing here. */
function fromJson(value: unknown): unknown {
	if (value === null) return undefined;
	if (Array.isArray(value)) return value.map(fromJson);
	if (!isObject(value)) return value;
	const members = Object.entries(value).filter(([, content]) => content !== null);
	return Object.fromEntries(members.map(([name, content]) => [name, fromJson(content)]));
}

function place(value: unknown, most: number): number {
	if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > most) throw unfit();
	return value;
}

function unfit(): RangeError {
	return new RangeError('a patch does not fit what it is to change');
}
