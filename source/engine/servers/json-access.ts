/** Careful access to JSON of unknown shape: what is missing or of another type reads as empty, never as an exception. */

export type JsonRecord = Readonly<Record<string, unknown>>;

const nothing: JsonRecord = {};

export function isRecord(value: unknown): value is JsonRecord {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value when it is an object, else an empty one. */
export function record(value: unknown): JsonRecord {
	return isRecord(value) ? value : nothing;
}

export function list(value: unknown): readonly unknown[] {
	return Array.isArray(value) ? value : [];
}

/** The value when it is a string, else ''. */
export function text(value: unknown): string {
	return typeof value === 'string' ? value : '';
}

/** The value when it is a finite number, else `undefined`. */
export function number(value: unknown): number | undefined {
	return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** The value when it is a whole number from 0 on, else -1. */
export function count(value: unknown): number {
	return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : -1;
}

/** The value as JSON; '' when it is nested too deep to be written. */
export function jsonText(value: unknown): string {
	try {
		return JSON.stringify(value) ?? '';
	} catch {
		return '';
	}
}
