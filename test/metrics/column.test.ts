import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {Column} from '../../source/metrics/column.ts';

function columnOf(values: readonly number[]): Column {
	const column = new Column();
	for (const value of values) column.add(value);
	return column;
}

const read = (column: Column) => Array.from({length: column.length}, (_, row) => column.at(row));

/** At and around every bound between one width of cells and the next, and what no cell of a whole number holds. */
const edges = [
	0,
	1,
	253,
	254,
	255,
	65_533,
	65_534,
	65_535,
	65_536,
	4_294_967_293,
	4_294_967_294,
	4_294_967_295,
	2 ** 53,
];
const strange = [-0, -1, 0.5, 1e-300, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

describe('a column', () => {
	test('gives back every number exactly, whatever came before it', () => {
		const number = fc.oneof(
			fc.constantFrom(...edges, ...strange),
			fc.nat({max: 300}),
			fc.maxSafeNat(),
			fc.double(),
			fc.constant(7),
		);
		fc.assert(
			fc.property(fc.array(number, {maxLength: 60}), (values) => {
				expect(read(columnOf(values))).toStrictEqual(values);
			}),
			{numRuns: 500},
		);
	});

	test('gives back numbers of every width after one another, over many chunks', () => {
		const values = [...edges, ...strange].flatMap((edge) => [
			...Array.from({length: 1500}, () => edge),
			...Array.from({length: 1500}, (_, row) => (row % 3 === 0 ? edge : row % 50)),
		]);
		expect(read(columnOf(values))).toStrictEqual(values);
	});
});
