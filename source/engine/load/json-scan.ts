/**
 * HOT PATH: steps over one JSON value in bytes, with all the strictness of JSON.parse. Each function returns the place
 * after the value (of a string: its closing quote), or -1 when there is no such value.
 */

import type {Buffer} from 'node:buffer';

/** The value of the last number that `scanCount` stepped over. */
export let scannedCount = 0;

/** From the byte after the opening quote to the closing one. Control characters and unknown escapes are refused. */
export function scanString(bytes: Buffer, start: number, end: number): number {
	for (let position = start; position < end; position++) {
		const byte = bytes[position] ?? 0;
		if (byte === 34) return position;
		if (byte < 32) return -1;
		if (byte === 92) {
			position += 1;
			const escaped = bytes[position] ?? 0;
			if (escaped === 117) {
				for (let digit = 1; digit <= 4; digit++) if (!isHex(bytes[position + digit] ?? 0)) return -1;
				position += 4;
			} else if (!isEscape(escaped)) return -1;
		}
	}
	return -1;
}

function isHex(byte: number): boolean {
	return (byte >= 48 && byte <= 57) || (byte >= 97 && byte <= 102) || (byte >= 65 && byte <= 70);
}

/** One of `"\/bfnrt`. */
function isEscape(byte: number): boolean {
	return (
		byte === 34 ||
		byte === 92 ||
		byte === 47 ||
		byte === 98 ||
		byte === 102 ||
		byte === 110 ||
		byte === 114 ||
		byte === 116
	);
}

/** A whole number from 0 to 999,999,999,999,999, in plain digits. */
export function scanCount(bytes: Buffer, start: number, end: number): number {
	let value = 0;
	let position = start;
	for (; position < end; position++) {
		const digit = (bytes[position] ?? 0) - 48;
		if (digit < 0 || digit > 9) break;
		value = value * 10 + digit;
	}
	const digits = position - start;
	if (digits === 0 || digits > 15 || (digits > 1 && bytes[start] === 48)) return -1;
	scannedCount = value;
	return position;
}

export function scanNumber(bytes: Buffer, start: number, end: number): number {
	let position = start;
	if (bytes[position] === 45) position += 1;
	const whole = scanDigits(bytes, position, end);
	if (whole === position || (whole > position + 1 && bytes[position] === 48)) return -1;
	position = whole;
	if (position < end && bytes[position] === 46) {
		const fraction = scanDigits(bytes, position + 1, end);
		if (fraction === position + 1) return -1;
		position = fraction;
	}
	if (position < end && (bytes[position] === 101 || bytes[position] === 69)) {
		let digits = position + 1;
		if (bytes[digits] === 43 || bytes[digits] === 45) digits += 1;
		const exponent = scanDigits(bytes, digits, end);
		if (exponent === digits) return -1;
		position = exponent;
	}
	return position;
}

/** An array of nothing but numbers. */
export function scanNumbers(bytes: Buffer, start: number, end: number): number {
	if (start >= end || bytes[start] !== 91) return -1;
	let position = skipBlanks(bytes, start + 1, end);
	if (position < end && bytes[position] === 93) return position + 1;
	for (;;) {
		position = scanNumber(bytes, position, end);
		if (position < 0) return -1;
		position = skipBlanks(bytes, position, end);
		if (position >= end) return -1;
		if (bytes[position] === 93) return position + 1;
		if (bytes[position] !== 44) return -1;
		position = skipBlanks(bytes, position + 1, end);
	}
}

function scanDigits(bytes: Buffer, start: number, end: number): number {
	let position = start;
	while (position < end && (bytes[position] ?? 0) >= 48 && (bytes[position] ?? 0) <= 57) position += 1;
	return position;
}

function skipBlanks(bytes: Buffer, start: number, end: number): number {
	let position = start;
	while (position < end && (bytes[position] === 32 || bytes[position] === 9)) position += 1;
	return position;
}
