import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {JsonFault, parseWithPlaces} from '../../../source/engine/launch/json-places.ts';

function fault(text: string): string {
	try {
		parseWithPlaces(text);
	} catch (error) {
		if (error instanceof JsonFault) return `${error.line}: ${error.message}`;
		throw error;
	}
	return 'none';
}

describe('places in a JSON text', () => {
	test('are the lines on which values begin', () => {
		const {lineOf} = parseWithPlaces('{\n"a": 1,\n"b": [\n  {"c": 2},\n  3\n]}');
		const paths = [[], ['a'], ['b'], ['b', 0], ['b', 0, 'c'], ['b', 1]];
		expect(paths.map(lineOf)).toEqual([1, 2, 3, 4, 4, 5]);
	});

	test('of what is not there are those of what holds it', () => {
		const {lineOf} = parseWithPlaces('{\n"a": {\n"b": []}}');
		expect([lineOf(['a', 'x', 'y']), lineOf(['a', 'b', 7]), lineOf(['z'])]).toEqual([2, 3, 1]);
	});

	test('are found in whatever JSON.stringify writes, with the same value', () => {
		fc.assert(
			fc.property(fc.jsonValue(), fc.constantFrom(0, 2, '\t'), (value, indent) => {
				const text = JSON.stringify(value, undefined, indent);
				expect(parseWithPlaces(text).value).toEqual(JSON.parse(text));
			}),
		);
	});

	test('no text is accepted that JSON.parse refuses, nor the other way round', () => {
		const signs = fc.constantFrom(
			'{',
			'}',
			'[',
			']',
			',',
			':',
			'"a"',
			'"b"',
			'1',
			'-0.5e3',
			'true',
			'null',
			' ',
			'\n',
			'01',
			"'",
			'"',
		);
		fc.assert(
			fc.property(fc.array(signs, {maxLength: 12}), (parts) => {
				const text = parts.join('');
				const twice = fault(text).endsWith('stands twice');
				expect(fault(text) === 'none' || twice).toBe(isJson(text));
			}),
			{numRuns: 2000},
		);
	});

	test.each([
		['{\n"a": 1,\n}', '3: a comma stands before the }'],
		['{\n"a": 1\n"b": 2}', '3: a comma or } is missing here'],
		['{"a" 1}', '1: a colon is missing after the name'],
		["{\n'a': 1}", '2: a name in double quotes is missing here'],
		['[1,\n\n[2', '3: the [ of line 3 is never closed'],
		['{"a": }', '1: a value is missing here'],
		['', '1: a value is missing here'],
		['{}\n\nx', '3: something stands after its end'],
		['{"a": "x\ny"}', '1: the text in quotes is not closed, or holds a sign that must be written with \\'],
		['{\n"a": 1,\n"a": 2}', '3: "a" stands twice'],
	])('%j is no JSON: %s', (text, told) => {
		expect(fault(text)).toBe(told);
	});

	test('a text that is nested too deep is refused, not followed', () => {
		expect(fault('['.repeat(100_000))).toBe('1: it is nested deeper than 64');
	});
});

function isJson(text: string): boolean {
	try {
		JSON.parse(text);
		return true;
	} catch {
		return false;
	}
}
