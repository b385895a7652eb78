/** Commands as they may be shown and saved: without keys and tokens. */

/** What stands where a secret stood. */
const hidden = '•••';

const secretName = /(?:^|[-_])(?:key|apikey|token|secret|password|passwd|credentials?|authorization)$/i;
/** Of an engine, and no secrets: `--tokenizer-mode` is not caught anyway, these would be. */
const openNames = new Set(['--ssl-keyfile', '--max-token', '--eos-token', '--bos-token', '--pad-token']);
const knownKey = /\b(?:hf_|sk-|nvapi-)[A-Za-z0-9_-]{8,}|(?<=\bBearer\s+)[A-Za-z0-9._~+/=-]{4,}/g;
const credentialsInUrl = /\b([a-z][a-z0-9+.-]*:\/\/)[^/?#\s@]*@/gi;

/** Arguments in which values of secret flags, known kinds of keys and credentials in URLs are `•••`. */
export function publicArguments(argv: readonly string[]): string[] {
	let secret = false;
	return argv.map((argument) => {
		// A flag may take several values: all until the next flag.
		if (secret && !argument.startsWith('-')) return hidden;
		const [, name, value] = /^(--?[^=]+)=(.*)$/s.exec(argument) ?? [];
		secret = name === undefined && isSecretFlag(argument);
		if (name === undefined || value === undefined) return publicText(argument);
		return isSecretFlag(name) ? `${name}=${hidden}` : `${name}=${publicText(value)}`;
	});
}

/** The same of an environment, by the names of its variables. */
export function publicEnvironment(environment: Readonly<Record<string, string>>): Record<string, string> {
	return Object.fromEntries(
		Object.entries(environment).map(([name, value]) => [
			name,
			value !== '' && secretName.test(name) ? hidden : publicText(value),
		]),
	);
}

function isSecretFlag(argument: string): boolean {
	return argument.startsWith('-') && !openNames.has(argument) && secretName.test(argument);
}

function publicText(text: string): string {
	return text.replace(credentialsInUrl, `$1${hidden}@`).replace(knownKey, hidden);
}
