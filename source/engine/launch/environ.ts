/** Reads `NAME=VALUE` between NULs, as /proc/PID/environ has it (proc(5)) and `env -0` prints it. */
export function readEnviron(text: string): Readonly<Record<string, string>> {
	const pairs = text.split('\0').flatMap((entry) => {
		const sign = entry.indexOf('=');
		return sign > 0 ? [[entry.slice(0, sign), entry.slice(sign + 1)] as const] : [];
	});
	return Object.fromEntries(pairs);
}
