import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {applyPatch, patchOf} from '../../../source/engine/there/patch.ts';

/** Numbers that six significant digits hold. */
const leaf = fc.oneof(
	fc.integer({min: -1e6, max: 1e6}),
	fc.integer({min: -99_999, max: 99_999}).map((value) => value / 1000),
	fc.boolean(),
	fc.string(),
	fc.string({minLength: 40, maxLength: 90}),
);
/** As our data is: what is not known is not there, or `undefined` in a list. */
const {value: data} = fc.letrec<{value: unknown; list: unknown[]; object: Record<string, unknown>}>((tie) => ({
	value: fc.oneof({maxDepth: 4}, leaf, tie('list'), tie('object')),
	list: fc.array(fc.option(tie('value'), {nil: undefined}), {maxLength: 6}),
	object: fc.dictionary(fc.oneof(fc.constantFrom('a', 'b', 'c', '__proto__', '0'), fc.string()), tie('value'), {
		maxKeys: 5,
	}),
}));

/** Over a line of text, as it goes. */
function applied(before: unknown, after: unknown): unknown {
	const patch = patchOf(before, after);
	return patch === undefined ? before : applyPatch(before, JSON.parse(JSON.stringify(patch)));
}

/** Without the members that are `undefined`, which mean nothing. */
function known(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(known);
	if (typeof value !== 'object' || value === null) return value;
	const members = Object.entries(value).filter(([, content]) => content !== undefined);
	return Object.fromEntries(members.map(([name, content]) => [name, known(content)]));
}

describe('a patch', () => {
	test('makes of one value any other', () => {
		fc.assert(
			fc.property(data, data, (before, after) => {
				expect(applied(before, after)).toStrictEqual(known(after));
			}),
		);
	});

	test('does so again and again', () => {
		fc.assert(
			fc.property(fc.array(data, {maxLength: 5}), (values) => {
				let there: unknown;
				let here: unknown;
				for (const value of values) {
					const patch = patchOf(here, value);
					here = value;
					if (patch !== undefined) there = applyPatch(there, JSON.parse(JSON.stringify(patch)));
					expect(there).toStrictEqual(known(here));
				}
			}),
		);
	});

	test('of a list that has lost its front and gained an end holds only what is new', () => {
		const point = (atS: number) => ({atS, tokens: 10 * atS});
		const before = Array.from({length: 600}, (_, at) => point(at));
		const after = [...before.slice(2), point(600), point(601)];
		expect(patchOf(before, after)).toStrictEqual([2, 2, 598, {}, [point(600), point(601)]]);
		expect(applied(before, after)).toStrictEqual(after);
	});

	test('of a text that has moved on holds only its end', () => {
		const before = 'It was a bright cold day in April, and the clocks were striking thirteen.';
		const after = `${before.slice(7)} Winston`;
		expect(patchOf(before, after)).toStrictEqual([3, 7, ' Winston']);
		expect(applied(before, after)).toBe(after);
	});

	test('tells numbers to six significant digits, and nothing when those are the same', () => {
		expect(patchOf({ms: 1}, {ms: 12.3456789})).toStrictEqual([1, {ms: 12.3457}]);
		expect(patchOf({ms: 12.34567891}, {ms: 12.34567892})).toBeUndefined();
		expect(patchOf(0, 123_456_789)).toBe(123_456_789);
	});

	test('is not looked for in objects that are the same', () => {
		const same = Object.defineProperty({}, 'member', {
			enumerable: true,
			get: () => {
				throw new Error('was looked into');
			},
		});
		expect(patchOf({levels: [same]}, {levels: [same]})).toBeUndefined();
	});

	for (const [what, before, patch] of [
		['names a member of what is no object', 5, [1, {a: 1}]],
		['names an element that is not there', [1], [2, 0, 1, {'1': 5}, []]],
		['takes more elements than there are', [1], [2, 0, 2, {}, []]],
		['begins behind the end of a text', 'abc', [3, 4, 'd']],
		['is of no known kind', {}, [4]],
	] as const) {
		test(`that ${what} is refused`, () => {
			expect(() => applyPatch(before, patch)).toThrow(RangeError);
		});
	}
});
