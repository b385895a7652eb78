/** What a sentence for a screen reader is made from. */

/** What one sentence is about, and its values by name; one that is empty is not known. */
export interface Topic {
	readonly subject: string;
	readonly values: Readonly<Record<string, string>>;
}

/** Empty when it is not known. */
export function known<Value>(value: Value | undefined, text: (value: Value) => string): string {
	return value === undefined ? '' : text(value);
}
