/** What the log of an Ollama that we started tells beside its stages. Lines are the oldest first. */

const childStart = /msg="starting llama-server" cmd="[^"]* --port (\d+) /;
const noParallel = /does not currently support parallel requests"?(?: architecture="?([^\s"]+))?/;

/**
 * Base URL of the llama-server that holds the model: it has another port after each load, and tells its counters only when
 * it was started with LLAMA_ARG_ENDPOINT_METRICS=1. Absent where these lines tell of no load, and before Ollama 0.30.
 */
export function ollamaChildUrl(lines: readonly string[]): string | undefined {
	const port = newest(lines, childStart)?.[1];
	return port === undefined ? undefined : `http://127.0.0.1:${port}`;
}

/** What a person should know before measuring, a sentence each. */
export function ollamaLogNotes(lines: readonly string[]): readonly string[] {
	const found = newest(lines, noParallel);
	if (found === undefined) return [];
	return [
		`Ollama runs one request at a time for ${found[1] ?? 'this model'}, whatever OLLAMA_NUM_PARALLEL says: more streams only wait longer.`,
	];
}

function newest(lines: readonly string[], pattern: RegExp): RegExpExecArray | undefined {
	for (const line of [...lines].reverse()) {
		const found = pattern.exec(line);
		if (found !== null) return found;
	}
	return undefined;
}
