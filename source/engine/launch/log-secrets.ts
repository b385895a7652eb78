/** Takes keys and tokens out of what a server writes: vLLM, for one, prints its own arguments with the API key. */

/** As in commands and sessions. */
const hidden = '•••';
/** A shorter value is no secret worth its name, and would blot out ordinary words. */
const shortestSecret = 6;
const secretName = /(?:^|_)(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)$/;
const keyFlag = /^--(?:admin-)?api[-_]key$/;

/** What looks like a secret wherever it stands; the first group stays. */
const patterns = [
	/()\bhf_[A-Za-z0-9]{8,}/g,
	/()\bsk-[A-Za-z0-9_-]{8,}/g,
	/(\bBearer\s+)[^\s'",]+/gi,
	/(\bAuthorization['"]?\s*[:=]\s*['"]?)(?:\w+\s+)?[^\s'",]+/gi,
	/(--(?:admin-)?api[-_]key[=\s]+['"]?)[^\s'",]+/gi,
	/(\b(?:admin_)?api_key['"]?\s*[=:]\s*\[?\s*['"])[^'"]+/gi,
	/(\b[A-Z0-9_]*(?:_KEY|TOKEN|SECRET|PASSWORD)['"]?\s*[=:]\s*['"]?)[^\s'",}\]]+/g,
];

/** Replaces what looks like a secret by `•••`. */
export function withoutSecrets(line: string): string {
	return patterns.reduce((text, pattern) => text.replace(pattern, `$1${hidden}`), line);
}

/**
 * Makes a function that replaces secrets in a line by `•••`: those of this environment and these arguments wherever
 * they stand, and whatever else looks like one.
 */
export function createRedaction(
	environment: Readonly<Record<string, string | undefined>>,
	argv: readonly string[],
): (line: string) => string {
	const known = Object.entries(environment).flatMap(([name, value = '']) => (secretName.test(name) ? [value] : []));
	argv.forEach((argument, index) => {
		const [name = '', value] = argument.split(/=(.*)/s);
		if (keyFlag.test(name)) known.push(value ?? argv[index + 1] ?? '');
	});
	const values = [...new Set(known.map((value) => value.trim()))]
		.filter((value) => value.length >= shortestSecret)
		// The longest first: one may be the beginning of another.
		.sort((a, b) => b.length - a.length);
	return (line) => {
		let text = line;
		for (const value of values) text = text.replaceAll(value, hidden);
		return withoutSecrets(text);
	};
}
