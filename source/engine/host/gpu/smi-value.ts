/**
 * Values as the tools write them. Everything that is no number is no value: `[N/A]`, `N/A`, `[Not Supported]`,
 * `[Unknown Error]`, `[GPU is lost]`, `[GPU requires reset]`, `[Insufficient Permissions]`, `[Function Not Found]`,
 * `[Requested functionality has been deprecated]` and the empty text have all been seen.
 */

/** A number with or without its unit (`164.55`, `164.55 W`, `0x4`); `undefined` when it is none, or below 0. */
export function smiNumber(text: string | undefined): number | undefined {
	const number = /^\s*(0x[\da-f]+|\d+(?:\.\d+)?)\s*(?:[a-z%/°]+)?\s*$/i.exec(text ?? '')?.[1];
	if (number === undefined) return undefined;
	const value = Number(number);
	return Number.isFinite(value) ? value : undefined;
}

/** A percentage as a share, 0 to 1. */
export function smiShare(text: string | undefined): number | undefined {
	const percent = smiNumber(text);
	return percent === undefined || percent > 100 ? undefined : percent / 100;
}

const mib = 2 ** 20;

/** MiB as bytes. */
export function smiMib(text: string | undefined): number | undefined {
	const size = smiNumber(text);
	return size === undefined ? undefined : size * mib;
}

/** The driver has nothing to say of it on this machine, as opposed to a fault. */
export function isNotApplicable(text: string | undefined): boolean {
	return /^\[?(?:N\/A|Not Supported)\]?$/i.test((text ?? '').trim());
}

/** A word such as `P0`; `undefined` for the texts above. */
export function smiWord(text: string | undefined): string | undefined {
	const word = (text ?? '').trim();
	return word === '' || word.startsWith('[') || word === 'N/A' ? undefined : word;
}
