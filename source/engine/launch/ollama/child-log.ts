/** What the log of an Ollama that we started tells beside its stages: where its child's counters are. */

const childStart = /msg="starting llama-server" cmd="[^"]* --port (\d+) /;
const noParallel = /does not currently support parallel requests"?(?: architecture="?([^\s"]+))?/;

/** Read line by line, oldest first. */
export class OllamaChildLog {
	#port: number | undefined;
	#serial: string | undefined;

	add(line: string): void {
		const port = Number(childStart.exec(line)?.[1]);
		if (port > 0) this.#port = port;
		const serial = noParallel.exec(line);
		if (serial !== null) this.#serial = serial[1] ?? 'this model';
	}

	/**
	 * Prometheus counters of the llama-server that holds the model: it has another port after each load, and answers
	 * only when it was started with LLAMA_ARG_ENDPOINT_METRICS=1. Absent before the first load, and before Ollama 0.30.
	 */
	get metricsUrl(): string | undefined {
		return this.#port === undefined ? undefined : `http://127.0.0.1:${this.#port}/metrics`;
	}

	/** What a person should know before measuring, a sentence each. */
	get notes(): readonly string[] {
		if (this.#serial === undefined) return [];
		return [
			`Ollama runs one request at a time for ${this.#serial}, whatever OLLAMA_NUM_PARALLEL says: more streams only wait longer.`,
		];
	}
}
