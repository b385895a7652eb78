/** How V8 keeps the heaps of this process, where its own choice costs more than it gives. */

import {setFlagsFromString} from 'node:v8';

/**
 * Keeps the young generations of all threads at their first size. V8 doubles them up to 32 MB a thread for programs that
 * make much garbage; this one makes little, so a larger one only means more memory (16 of 165 MB at 256 streams) and
 * longer pauses when it is collected at last. For the process's first line: heaps that exist already have grown.
 */
export function keepYoungGenerationsSmall(): void {
	setFlagsFromString('--semi-space-growth-factor=1');
}

/**
 * From now on old generations are collected when they have grown by half since the last time. V8 waits for up to four
 * times as much, and what the view throws away lies about until then: 1,024 streams with the view came to 295 MB in ten
 * minutes. For when everything is loaded: before, heaps grow because there is more to keep.
 */
export function keepOldGenerationsSmall(): void {
	setFlagsFromString('--heap-growing-percent=50');
}
