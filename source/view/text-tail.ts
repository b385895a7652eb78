/** The end of a text from outside, in lines of a given width. */

import {outside, wrapText} from './text.ts';

/**
 * The last lines of a text, at most `height`, none wider than `width`; broken at blanks where there are any. Empty
 * lines are left out. Only what is shown is looked at.
 */
export function textTail(text: string, {width, height}: {readonly width: number; readonly height: number}): string[] {
	const tail: string[] = [];
	for (const paragraph of text.split(/\r\n|[\n\r\u2028\u2029]/).reverse()) {
		if (tail.length >= height) break;
		const safe = outside(paragraph);
		if (safe !== '') tail.unshift(...wrapText(safe, width));
	}
	return tail.slice(Math.max(0, tail.length - height));
}
