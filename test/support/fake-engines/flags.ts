/** Command lines as Python's argparse reads them: any unambiguous beginning of a flag, underscores for dashes. */

export interface FlagRules {
	readonly program: string;
	/** Program named in the message about flags that nobody knows: the outer parser's. */
	readonly outer: string;
	readonly known: readonly string[];
	/** Whether a flag stands alone. */
	isSwitch(flag: string): boolean;
	/** Short forms. */
	readonly short: Readonly<Record<string, string>>;
}

export interface GivenFlags {
	readonly values: ReadonlyMap<string, string>;
	readonly positional: readonly string[];
	/** The parser's last line, when it refuses; the exit code is then 2. */
	readonly refusal?: string;
}

export function readFlags(argv: readonly string[], rules: FlagRules): GivenFlags {
	const values = new Map<string, string>();
	const positional: string[] = [];
	const unknown: string[] = [];
	for (let index = 0; index < argv.length; index++) {
		const argument = argv[index] ?? '';
		if (!argument.startsWith('-')) {
			if (positional.length > 0 || unknown.length > 0) unknown.push(argument);
			else positional.push(argument);
			continue;
		}
		const [written = '', joined] = argument.split(/=(.*)/s);
		const name = rules.short[written] ?? written.replaceAll('_', '-');
		const matching = rules.known.includes(name) ? [name] : rules.known.filter((flag) => flag.startsWith(name));
		const [flag] = matching;
		if (matching.length > 1) {
			const could = `ambiguous option: ${written} could match ${matching.join(', ')}`;
			return {values, positional, refusal: `${rules.program}: error: ${could}`};
		}
		if (flag === undefined) unknown.push(argument);
		else if (rules.isSwitch(flag)) values.set(flag, '');
		else if (joined !== undefined) values.set(flag, joined);
		else {
			const value = argv[++index];
			if (value === undefined || value.startsWith('--')) {
				return {values, positional, refusal: `${rules.program}: error: argument ${flag}: expected one argument`};
			}
			values.set(flag, value);
		}
	}
	if (unknown.length === 0) return {values, positional};
	return {values, positional, refusal: `${rules.outer}: error: unrecognized arguments: ${unknown.join(' ')}`};
}

/** A number that a flag holds. A refusal in argparse's words is the caller's business. */
export function numberOf(values: ReadonlyMap<string, string>, flag: string): number | undefined {
	const text = values.get(flag);
	if (text === undefined) return undefined;
	const [, digits = '', unit = ''] = /^([\d.]+)([kKmM]?)$/.exec(text) ?? [];
	const factor = {k: 1000, K: 1024, m: 1_000_000, M: 1_048_576}[unit] ?? 1;
	return digits === '' ? undefined : Number(digits) * factor;
}

/** Whether a version is older than another: by their numbers. */
export function isOlder(version: string, than: string): boolean {
	const [mine, other] = [version, than].map((text) => text.split(/[.+]/).map(Number));
	for (let place = 0; place < 3; place++) {
		const difference = (mine?.[place] ?? 0) - (other?.[place] ?? 0);
		if (difference !== 0) return difference < 0;
	}
	return false;
}
