/** A rectangle of single cells, each with a sign of one column and a style, as lines. */

import type {Line, Span, Style} from './line.ts';
import {span} from './line.ts';

export class Cells {
	readonly width: number;
	readonly height: number;
	readonly #signs: string[];
	readonly #styles: (Style | undefined)[];

	/** All blank. */
	constructor(width: number, height: number) {
		this.width = width;
		this.height = height;
		this.#signs = Array.from({length: width * height}, () => ' ');
		this.#styles = Array.from({length: width * height}, () => undefined);
	}

	isBlank(x: number, y: number): boolean {
		return this.#signs[y * this.width + x] === ' ';
	}

	/** Whether `length` cells from here on are inside and blank. */
	isFree(x: number, y: number, length: number): boolean {
		if (x < 0 || x + length > this.width) return false;
		for (let at = x; at < x + length; at++) if (!this.isBlank(at, y)) return false;
		return true;
	}

	/** Writes signs of one column each; what lies outside is left out. */
	write(x: number, y: number, text: string, style: Style | undefined): void {
		let at = x;
		for (const sign of text) {
			if (at >= 0 && at < this.width && y >= 0 && y < this.height) {
				this.#signs[y * this.width + at] = sign;
				this.#styles[y * this.width + at] = style;
			}
			at += 1;
		}
	}

	/** One line of exactly `width` columns for each row. */
	lines(): Line[] {
		return Array.from({length: this.height}, (_, y) => this.#line(y));
	}

	#line(y: number): Line {
		const spans: Span[] = [];
		let text = '';
		let style: Style | undefined;
		for (let at = y * this.width; at < (y + 1) * this.width; at++) {
			const sign = this.#signs[at] ?? ' ';
			const next = this.#styles[at];
			// A blank looks the same in every style.
			if (sign !== ' ' && next !== style) {
				if (text !== '') spans.push(span(text, style));
				text = '';
				style = next;
			}
			text += sign;
		}
		if (text !== '') spans.push(span(text, style));
		return spans;
	}
}
