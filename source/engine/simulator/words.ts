/**
 * What the simulated model says: plausible English, word by word, each word (with its leading space) one token of
 * cl100k. The same seed gives the same text.
 */

/** A small random source (xorshift32): numbers from 0 up to, not including, 1. */
export function seededRandom(seed: number): () => number {
	let state = (seed | 0) === 0 ? 0x9e3779b9 : seed | 0;
	return () => {
		state ^= state << 13;
		state ^= state >>> 17;
		state ^= state << 5;
		return (state >>> 0) / 4_294_967_296;
	};
}

const words = (
	'the of and to in a is that for it as was with be by on not he this are at from which or have an had they you were ' +
	'their one all we can her has there been if more when will would who so no out up into do any your what could its ' +
	'time only some these people other may such then should most over also new like two first work very well way even ' +
	'because good through life where many must world system water long own day still number place between both against ' +
	'under another never same know while last might great state right old off come since make years small house each ' +
	'music art city light field value open answer language machine knowledge human history future energy nature letter ' +
	'garden river mountain morning evening summer winter story question memory pattern signal measure balance motion'
).split(' ');

/** The text of token number `index` (from 0) of an answer with this seed, with its leading space or as a mark. */
export function wordOf(seed: number, index: number): string {
	// Marks come at fixed distances so that a token needs no memory of those before it.
	if (index % 13 === 12) return '.';
	if (index % 13 === 6) return ',';
	let mixed = Math.imul(seed ^ Math.imul(index + 1, 0x9e3779b1), 0x85ebca6b);
	mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
	const word = words[((mixed ^ (mixed >>> 16)) >>> 0) % words.length] ?? '';
	return index % 13 === 0 ? ` ${word.charAt(0).toUpperCase()}${word.slice(1)}` : ` ${word}`;
}
