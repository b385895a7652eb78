/**
 * Numbers, durations, lists and ranges of the command line. Each parser is pure, takes the flag's name for its error,
 * and either returns a checked value or throws a usage error that says what, why and the nearest right spelling.
 */

import {usageError} from '../errors.ts';
import {either, nearest} from './nearest.ts';

/** Bounds of a value, both allowed. */
export interface Bounds {
	readonly least: number;
	readonly most: number;
}

/** What keys of well-known services look like; they get into words when quotation marks are forgotten. */
const keyLike = /\b(sk-|hf_|gsk_|nvapi-|ghp_)[\w-]{4,}/g;

/**
 * Text of the command line in an error: one line, no control characters, no key, not endless, quoted when it needs to
 * be.
 */
export function shown(text: string): string {
	const plain = text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').replaceAll(keyLike, '$1…');
	const short = plain.length > 60 ? `${plain.slice(0, 59)}…` : plain;
	return short === '' || /[\s'"]/.test(short) ? `'${short}'` : short;
}

function grouped(value: number): string {
	return value.toLocaleString('en-US', {maximumFractionDigits: 3});
}

function clamp(value: number, {least, most}: Bounds): number {
	return Math.min(most, Math.max(least, value));
}

const multiples: Readonly<Record<string, number>> = {k: 1e3, m: 1e6, Ki: 1024, Mi: 1024 ** 2};

/** A whole number: digits, with `k` (1,000), `m` (1,000,000), `Ki` (1,024) or `Mi` (1,048,576) after them if wanted. */
export function parseCount(flag: string, text: string, bounds: Bounds): number {
	const match = /^(\d{1,15})(k|m|Ki|Mi)?$/.exec(text);
	const value = match === null ? Number.NaN : Number(match[1]) * (multiples[match[2] ?? ''] ?? 1);
	if (value >= bounds.least && value <= bounds.most) return value;
	const allowed = `a whole number from ${grouped(bounds.least)} to ${grouped(bounds.most)}`;
	if (/^\d+[KM]$/.test(text)) {
		const digits = text.slice(0, -1);
		const letter = text.slice(-1);
		throw usageError(
			`${flag} ${shown(text)}: ${letter} can mean ${letter === 'K' ? '1,000 or 1,024' : '1,000,000 or 1,048,576'}.`,
			`Write ${digits}${letter.toLowerCase()} for the first or ${digits}${letter}i for the second.`,
		);
	}
	const meant = match === null ? numberIn(text) : value;
	if (Number.isNaN(meant)) {
		throw usageError(
			`${flag} ${shown(text)}: that is not a number; it takes ${allowed}.`,
			`For example: ${flag} ${clamp(8, bounds)}`,
		);
	}
	const problem = problemOf(meant, bounds);
	throw usageError(
		`${flag} ${shown(text)}: ${problem}; it takes ${allowed}.`,
		`Nearest: ${flag} ${clamp(Math.round(meant), bounds)}`,
	);
}

/** What a person may have meant by text that is not plain digits: `1e9`, `-1`, `2.5`, `1_000`. */
function numberIn(text: string): number {
	return /^[+-]?[\d_]*\.?\d+(e[+-]?\d{1,3})?$/i.test(text) ? Number(text.replaceAll('_', '')) : Number.NaN;
}

function problemOf(meant: number, {least, most}: Bounds): string {
	if (meant < least) return 'that is too small';
	if (meant > most) return 'that is too large';
	return Number.isInteger(meant) ? 'write the number in plain digits' : 'that is not whole';
}

/** A number with decimals if wanted: `0.5`, `10`. */
export function parseDecimal(flag: string, text: string, bounds: Bounds): number {
	const value = /^\d{1,15}(\.\d{1,15})?$/.test(text) ? Number(text) : Number.NaN;
	if (value >= bounds.least && value <= bounds.most) return value;
	const allowed = `a number from ${grouped(bounds.least)} to ${grouped(bounds.most)}`;
	const meant = Number.isNaN(value) ? numberIn(text) : value;
	if (Number.isNaN(meant)) {
		throw usageError(
			`${flag} ${shown(text)}: that is not a number; it takes ${allowed}.`,
			`For example: ${flag} ${clamp(1, bounds)}`,
		);
	}
	const problem = meant < bounds.least || meant > bounds.most ? problemOf(meant, bounds) : 'write it in plain digits';
	throw usageError(
		`${flag} ${shown(text)}: ${problem}; it takes ${allowed}.`,
		`Nearest: ${flag} ${clamp(meant, bounds)}`,
	);
}

const units: readonly (readonly [unit: string, ms: number])[] = [
	['d', 86_400_000],
	['h', 3_600_000],
	['m', 60_000],
	['s', 1_000],
	['ms', 1],
];

/** Milliseconds the way durations are written here: `1h30m`, `90s` is `1m30s`, `500ms`, `0s`. */
export function formatDuration(ms: number): string {
	let rest = ms;
	let text = '';
	for (const [unit, size] of units) {
		const count = unit === 'ms' ? Math.round(rest * 1000) / 1000 : Math.floor(rest / size);
		if (count <= 0) continue;
		text += `${count}${unit}`;
		rest -= count * size;
	}
	return text === '' ? '0s' : text;
}

/** Milliseconds of `90s`, `5m`, `1h30m`, `1.5s`, `500ms`: units fall from `d` to `ms`, each at most once; else NaN. */
export function durationIn(text: string): number {
	const match = /^(?:([\d.]+)d)?(?:([\d.]+)h)?(?:([\d.]+)m)?(?:([\d.]+)s)?(?:([\d.]+)ms)?$/.exec(text);
	if (match === null || text === '') return Number.NaN;
	let sum = 0;
	for (const [place, [, size]] of units.entries()) {
		const digits = match[place + 1];
		if (digits === undefined) continue;
		if (!/^\d{1,12}(\.\d{1,6})?$/.test(digits)) return Number.NaN;
		sum += Number(digits) * size;
	}
	return Math.round(sum * 1000) / 1000;
}

const unitWords: Readonly<Record<string, string>> = {
	day: 'd',
	hr: 'h',
	hour: 'h',
	min: 'm',
	minute: 'm',
	sec: 's',
	second: 's',
	msec: 'ms',
	milli: 'ms',
	millisecond: 'ms',
};

/** Milliseconds that a person probably meant: `5 min`, `30m1h`, `10S`. */
function durationMeant(text: string): number {
	let sum = 0;
	let rest = text.trim().toLowerCase();
	while (rest !== '') {
		const match = /^(\d{1,12}(?:\.\d{1,6})?)\s*([a-z]+)\s*/.exec(rest);
		if (match === null) return Number.NaN;
		const word = match[2] ?? '';
		const singular = word.length > 2 && word.endsWith('s') ? word.slice(0, -1) : word;
		const unit = unitWords[singular] ?? word;
		const size = units.find(([name]) => name === unit)?.[1];
		if (size === undefined) return Number.NaN;
		sum += Number(match[1]) * size;
		rest = rest.slice(match[0].length);
	}
	return sum === 0 ? Number.NaN : sum;
}

/** A length of time with its unit, in ms. */
export function parseDuration(flag: string, text: string, bounds: Bounds): number {
	const value = durationIn(text);
	if (value >= bounds.least && value <= bounds.most) return value;
	if (!Number.isNaN(value)) {
		const problem = value < bounds.least ? 'too short' : 'too long';
		throw usageError(
			`${flag} ${shown(text)}: that is ${problem}; it takes ${formatDuration(bounds.least)} to ${formatDuration(bounds.most)}.`,
			`Nearest: ${flag} ${formatDuration(clamp(value, bounds))}`,
		);
	}
	if (/^\d{1,12}(\.\d{1,6})?$/.test(text)) {
		throw usageError(
			`${flag} ${shown(text)}: the unit is missing.`,
			`Write ${flag} ${text}s for seconds, ${text}m for minutes or ${text}ms for milliseconds.`,
		);
	}
	const meant = durationMeant(text);
	throw usageError(
		`${flag} ${shown(text)}: that is not a duration like 90s, 5m, 1h30m or 500ms.`,
		Number.isNaN(meant)
			? `For example: ${flag} ${formatDuration(clamp(60_000, bounds))}`
			: `Nearest: ${flag} ${formatDuration(clamp(meant, bounds))}`,
	);
}

/** One of a few words. */
export function parseChoice<Choice extends string>(flag: string, text: string, choices: readonly Choice[]): Choice {
	const choice = choices.find((name) => name === text);
	if (choice !== undefined) return choice;
	const near = nearest(text, choices);
	const known = `it takes ${either(choices)}`;
	throw usageError(
		`${flag} ${shown(text)}: ${known}.`,
		near.length > 0 ? `Did you mean ${flag} ${either(near)}?` : undefined,
	);
}
