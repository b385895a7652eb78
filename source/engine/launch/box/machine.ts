/** What a server inherits on a box, and how much memory there is. */

import {widerPath} from '../../ssh/remote-path.ts';
import {readEnviron} from '../environ.ts';
import type {BoxQuestions} from './questions.ts';

export interface BoxMachine {
	/** Of a command over SSH, with a PATH that has the places to which people install. */
	readonly environment: Readonly<Record<string, string>>;
	/** Absent: it does not tell. */
	readonly memoryBytes?: number;
}

/** Its variables come last: what they hold is anything. */
const script = `${widerPath}
if [ -r /proc/meminfo ]; then
	sed -n 's/^MemTotal: *\\([0-9]*\\) kB$/kib \\1/p' /proc/meminfo
else
	printf 'bytes %s\\n' "$(sysctl -n hw.memsize 2>/dev/null)"
fi
printf 'variables\\n'
env -0 2>/dev/null || env`;

export async function boxMachine(questions: BoxQuestions): Promise<BoxMachine> {
	return readMachine(await questions.ask(script));
}

/** Reads what the script tells. */
export function readMachine(text: string): BoxMachine {
	const [, facts = '', variables = ''] = /^([\s\S]*?)^variables\n([\s\S]*)$/m.exec(text) ?? [];
	const kib = Number(/^kib (\d+)$/m.exec(facts)?.[1] ?? 0);
	const memoryBytes = kib > 0 ? 1024 * kib : Number(/^bytes (\d+)$/m.exec(facts)?.[1] ?? 0);
	// Where `env` knows no -0, the lines of a value that has several are taken for variables of their own.
	const environment = readEnviron(variables.includes('\0') ? variables : variables.replaceAll('\n', '\0'));
	return {environment, ...(memoryBytes > 0 ? {memoryBytes} : {})};
}
