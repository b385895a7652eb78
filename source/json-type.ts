/** What a JSON value is, for whoever checks one and must say what stands where. */

/** The JSON type, `integer` where it is one. What JSON.parse reads from `1e999` has none: `infinite`. */
export function jsonType(value: unknown): string {
	if (value === null) return 'null';
	if (Array.isArray(value)) return 'array';
	if (typeof value !== 'number') return typeof value;
	if (!Number.isFinite(value)) return 'infinite';
	return Number.isInteger(value) ? 'integer' : 'number';
}

const names: Readonly<Record<string, string>> = {
	null: 'null',
	array: 'a list',
	object: 'an object',
	string: 'a text',
	boolean: 'true or false',
	integer: 'a whole number',
	number: 'a number',
	infinite: 'a number that is too large',
};

/** A type in a person's words. */
export function typeName(type: string): string {
	return names[type] ?? type;
}
