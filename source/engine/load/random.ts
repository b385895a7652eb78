/**
 * Seeded numbers for the plan: the same seed gives the same numbers on every machine and in every thread. Pure; not for
 * secrets.
 */

/** Spreads the bits of a 32-bit number (the finisher of MurmurHash3, a bijection). */
function scramble(value: number): number {
	let bits = value >>> 0;
	bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
	bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
	return (bits ^ (bits >>> 16)) >>> 0;
}

/** One 32-bit number from several whole ones; their order matters. */
export function mixed(...parts: readonly number[]): number {
	let state = 0x9e3779b9;
	for (const part of parts) {
		state = scramble(state ^ scramble(part));
		// What is above 32 bits counts too.
		state = scramble(state + Math.floor(part / 4_294_967_296) + 0x6d2b79f5);
	}
	return state;
}

/** Uniform numbers, at least 0 and below 1: Weyl sequence and scrambler (splitmix), 32 bits each. */
export function uniform(seed: number): () => number {
	let state = mixed(seed);
	return () => {
		state = (state + 0x9e3779b9) >>> 0;
		return scramble(state) / 4_294_967_296;
	};
}

const halfBits = 26;
const halfSize = 2 ** halfBits;

/** How many numbers `shuffled` tells apart. */
export const shuffledSize = 2 ** (2 * halfBits);

/**
 * Another whole number below 2^52 for every whole number below 2^52: a permutation chosen by the seed, so that two
 * numbers never become the same (a Feistel network of four rounds over 26-bit halves).
 */
export function shuffled(value: number, seed: number): number {
	let left = Math.floor(value / halfSize);
	let right = value % halfSize;
	for (let round = 0; round < 4; round++) {
		const next = (left ^ mixed(seed, round, right)) & (halfSize - 1);
		left = right;
		right = next;
	}
	return left * halfSize + right;
}
