/** The labels of a line of metrics: `{name="value", …}`, with escapes, any blanks and a comma at the end. */

export interface ReadLabels {
	readonly labels: ReadonlyMap<string, string>;
	/** The metric's own name, where it stands quoted among the labels. */
	readonly name?: string;
	/** The place behind the closing brace. */
	readonly end: number;
}

const quote = 34;
const comma = 44;
const equals = 61;
const backslash = 92;
const openBrace = 123;
const closeBrace = 125;

export function skipBlanks(page: string, start: number, end: number): number {
	let at = start;
	for (; at < end; at++) {
		const code = page.charCodeAt(at);
		if (code !== 32 && code !== 9) break;
	}
	return at;
}

/** Reads the labels that begin at `start`; `undefined` when they are not well formed up to `end`. */
export function readLabels(page: string, start: number, end: number): ReadLabels | undefined {
	if (page.charCodeAt(start) !== openBrace || start >= end) return undefined;
	const labels = new Map<string, string>();
	let metric: string | undefined;
	let at = skipBlanks(page, start + 1, end);
	while (at < end && page.charCodeAt(at) !== closeBrace) {
		const quoted = page.charCodeAt(at) === quote;
		const nameStop = quoted ? closingQuote(page, at, end) : labelNameEnd(page, at, end);
		if (nameStop === at || nameStop === -1) return undefined;
		const name = quoted ? textOf(page, at + 1, nameStop) : page.slice(at, nameStop);
		at = skipBlanks(page, quoted ? nameStop + 1 : nameStop, end);
		if (page.charCodeAt(at) === equals && at < end) {
			at = skipBlanks(page, at + 1, end);
			if (page.charCodeAt(at) !== quote || at >= end) return undefined;
			const stop = closingQuote(page, at, end);
			if (stop === -1 || labels.has(name)) return undefined;
			labels.set(name, textOf(page, at + 1, stop));
			at = skipBlanks(page, stop + 1, end);
		} else {
			// A quoted word alone is the metric's name, and stands first.
			if (!quoted || metric !== undefined || labels.size > 0) return undefined;
			metric = name;
		}
		if (page.charCodeAt(at) === comma && at < end) at = skipBlanks(page, at + 1, end);
		else if (page.charCodeAt(at) !== closeBrace) return undefined;
	}
	if (at >= end) return undefined;
	return {labels, end: at + 1, ...(metric === undefined ? {} : {name: metric})};
}

/** Where a label's name ends that begins here: `[a-zA-Z_][a-zA-Z0-9_]*`. */
function labelNameEnd(page: string, start: number, end: number): number {
	let at = start;
	for (; at < end; at++) {
		const code = page.charCodeAt(at);
		const letter = (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95;
		if (!letter && !(at > start && code >= 48 && code <= 57)) break;
	}
	return at;
}

/** The quote that ends the text that begins with the one at `start`; -1 when there is none before `end`. */
function closingQuote(page: string, start: number, end: number): number {
	for (let at = start + 1; at < end; at++) {
		const code = page.charCodeAt(at);
		if (code === backslash) at++;
		else if (code === quote) return at;
	}
	return -1;
}

/** The text between two places; an escape that the format does not know stays as it is. */
function textOf(page: string, start: number, end: number): string {
	const raw = page.slice(start, end);
	if (!raw.includes('\\')) return raw;
	return raw.replace(/\\([\\"n])/g, (_, character: string) => (character === 'n' ? '\n' : character));
}
