/** The flags that a program says it takes, read from its own help: argparse's (vLLM, SGLang) and llama.cpp's. */

/** One flag with all its names. */
export interface EngineFlag {
	/** With their dashes: `['-fa', '--flash-attn']`. */
	readonly names: readonly string[];
	/** Placeholder of its value: `[on|off|auto]`; absent: it stands alone. */
	readonly value?: string;
}

/** Descriptions are indented further than this. */
const deepestIndent = 10;
const nameForm = /^--?[A-Za-z][\w.-]*/;

/** The flags of a help text, in its order. Never throws. */
export function flagsOf(help: string): EngineFlag[] {
	const flags: EngineFlag[] = [];
	for (const line of help.split('\n')) {
		const [indent = ''] = /^[ \t]*/.exec(line) ?? [];
		const text = line.slice(indent.length).trimEnd();
		if (!text.startsWith('-') || indent.length > deepestIndent) continue;
		const flag = flagOf(text);
		if (flag !== undefined) flags.push(flag);
	}
	return flags;
}

/** `-fa,   --flash-attn [on|off|auto]       set Flash Attention use`. */
function flagOf(text: string): EngineFlag | undefined {
	const [head = ''] = text.replace(/,\s+(?=-)/g, ',').split(/\s{2,}/);
	const names: string[] = [];
	let value = '';
	for (const part of head.split(/,(?=--?[A-Za-z])/)) {
		const [name] = nameForm.exec(part) ?? [];
		if (name === undefined) break;
		names.push(name);
		value = part.slice(name.length).replace(/^[ =]/, '').trim() || value;
	}
	return names.length === 0 ? undefined : {names, ...(value === '' ? {} : {value})};
}

/** Looks flags up as the program's own parser does. */
export class FlagTable {
	readonly #byName = new Map<string, EngineFlag>();

	constructor(flags: readonly EngineFlag[]) {
		for (const flag of flags) for (const name of flag.names) this.#byName.set(dashed(name), flag);
	}

	get names(): string[] {
		return [...this.#byName.keys()];
	}

	/** The flag of exactly that name; underscores count as dashes. */
	find(name: string): EngineFlag | undefined {
		return this.#byName.get(dashed(name));
	}

	/** Would the program take it: also as the beginning of a name, with a part after a dot, or with a number stuck on. */
	takes(name: string): boolean {
		const [wanted = ''] = dashed(name).split(/[.=]/);
		if (this.#byName.has(wanted) || this.names.some((known) => wanted.startsWith('--') && known.startsWith(wanted))) {
			return true;
		}
		return /^-[A-Za-z]/.test(wanted) && this.#byName.has(wanted.slice(0, 2));
	}
}

function dashed(name: string): string {
	return name.replaceAll('_', '-');
}
