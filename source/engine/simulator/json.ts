/** Reading members out of JSON that came from outside. */

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The parsed text, or `undefined` when it is not JSON. */
export function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

/** A member that is a finite number, or `undefined`. */
export function numberIn(object: JsonObject, name: string): number | undefined {
	const value = object[name];
	return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** A member that is an object, or an empty one. */
export function objectIn(object: JsonObject, name: string): JsonObject {
	const value = object[name];
	return isObject(value) ? value : {};
}
