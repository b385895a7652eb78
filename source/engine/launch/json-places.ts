/**
 * Where things stand in a JSON text: a person who wrote a file by hand wants to hear the line. Finds what is wrong with
 * the text as well, since JSON.parse often tells no place.
 */

/** The text is no JSON; the message says in plain words why. */
export class JsonFault extends Error {
	override readonly name = 'JsonFault';
	/** Counted from 1. */
	readonly line: number;

	constructor(message: string, line: number) {
		super(message);
		this.line = line;
	}
}

type Path = readonly (string | number)[];

/** How deep the text may be nested. */
const deepest = 64;

/**
 * The value of a JSON text, and the line (from 1) on which the value at a path begins; of a path that leads nowhere, the
 * line of its last step that is there. Throws `JsonFault`; a name that stands twice in an object is one.
 */
export function parseWithPlaces(text: string): {readonly value: unknown; readonly lineOf: (path: Path) => number} {
	const scan = new Scan(text);
	scan.document();
	const value: unknown = JSON.parse(text);
	const lineOf = (path: Path): number => {
		for (let length = path.length; length > 0; length--) {
			const line = scan.lines.get(key(path.slice(0, length)));
			if (line !== undefined) return line;
		}
		return scan.lines.get(key([])) ?? 1;
	};
	return {value, lineOf};
}

function key(path: Path): string {
	return JSON.stringify(path);
}

const blank = /[ \t\n\r]*/y;
const numberForm = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const stringForm = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const wordForm = /true|false|null/y;

class Scan {
	readonly lines = new Map<string, number>();
	readonly #text: string;
	readonly #path: (string | number)[] = [];
	#at = 0;
	#line = 1;
	#counted = 0;

	constructor(text: string) {
		this.#text = text;
	}

	document(): void {
		this.#value();
		this.#take(blank);
		if (this.#at < this.#text.length) this.#fail('something stands after its end');
	}

	#value(): void {
		this.#take(blank);
		this.lines.set(key(this.#path), this.#here());
		if (this.#path.length > deepest) this.#fail(`it is nested deeper than ${deepest}`);
		const sign = this.#text[this.#at];
		if (sign === '{') this.#members();
		else if (sign === '[') this.#items();
		else if (sign === '"') this.#string();
		else if (this.#take(numberForm) === '' && this.#take(wordForm) === '') this.#fail('a value is missing here');
	}

	#members(): void {
		const names = new Set<string>();
		this.#listed('{', '}', () => {
			this.#take(blank);
			if (this.#text[this.#at] !== '"') this.#fail('a name in double quotes is missing here');
			const line = this.#here();
			const name = this.#string();
			if (names.has(name)) this.#fail(`${JSON.stringify(name)} stands twice`, line);
			names.add(name);
			this.#take(blank);
			if (this.#text[this.#at] !== ':') this.#fail('a colon is missing after the name');
			this.#at += 1;
			this.#path.push(name);
			this.#value();
			this.#path.pop();
		});
	}

	#items(): void {
		let index = 0;
		this.#listed('[', ']', () => {
			this.#path.push(index);
			this.#value();
			this.#path.pop();
			index += 1;
		});
	}

	#listed(open: string, close: string, entry: () => void): void {
		const line = this.#here();
		this.#at += open.length;
		this.#take(blank);
		if (this.#text[this.#at] === close) {
			this.#at += 1;
			return;
		}
		for (;;) {
			entry();
			this.#take(blank);
			const sign = this.#text[this.#at];
			if (sign === undefined) this.#fail(`the ${open} of line ${line} is never closed`);
			if (sign !== ',' && sign !== close) this.#fail(`a comma or ${close} is missing here`);
			this.#at += 1;
			if (sign === close) return;
			this.#take(blank);
			if (this.#text[this.#at] === close) this.#fail(`a comma stands before the ${close}`);
		}
	}

	#string(): string {
		const text = this.#take(stringForm);
		if (text === '') this.#fail('the text in quotes is not closed, or holds a sign that must be written with \\');
		return String(JSON.parse(text));
	}

	#take(form: RegExp): string {
		form.lastIndex = this.#at;
		const [found = ''] = form.exec(this.#text) ?? [];
		this.#at += found.length;
		return found;
	}

	#here(): number {
		for (; this.#counted < this.#at; this.#counted++) {
			if (this.#text.charCodeAt(this.#counted) === 10) this.#line += 1;
		}
		return this.#line;
	}

	#fail(message: string, line = this.#here()): never {
		throw new JsonFault(message, line);
	}
}
