/** What a doctor wants to know of a box, asked with one script, and how good the way to it is. */

import {present} from '../../metrics/present.ts';
import {bandwidth} from './bandwidth.ts';
import {linesOf} from './remote-lines.ts';
import {widerPath} from './remote-path.ts';
import type {RemoteShell} from './remote-shell.ts';

interface FoundProgram {
	readonly name: string;
	readonly path: string;
	/** The PATH of a command over SSH has it; otherwise it is where people install. */
	readonly isOnPath: boolean;
	/** Absent where it does not tell without starting the whole engine. */
	readonly version?: string;
}

/** What the box did not tell, or not in time, is absent. */
export interface BoxFacts {
	readonly name: string;
	/** `Linux 6.1.0-18-amd64 x86_64`. */
	readonly system?: string;
	readonly hostname?: string;
	/** Of a command over SSH. */
	readonly path?: string;
	/** Of the person there. */
	readonly loginShell?: string;
	/** Files can be made there: what `--load-there` needs. */
	readonly writableHome: boolean;
	readonly writableTmp: boolean;
	/** Open files that a process may have; infinite where there is no limit. */
	readonly openFiles?: {readonly soft?: number; readonly hard?: number};
	/** Engines and Node. */
	readonly programs: readonly FoundProgram[];
	/** NVIDIA's driver is loaded, whether or not its tool is there. */
	readonly nvidiaDriver: boolean;
	/** Its date less ours, ms: positive when it is ahead. Known to `withinMs` either way. */
	readonly clock?: {readonly aheadMs: number; readonly withinMs: number};
	/** From the box to here, through the connection, once it is warm. */
	readonly bytesPerSecond?: number;
	/** It did not tell all in time. */
	readonly isLate: boolean;
}

/** The names as they stand on a PATH. */
const askedPrograms = ['vllm', 'ollama', 'llama-server', 'sglang', 'node'];

const factsMs = 10_000;
const versionsMs = 10_000;
/** What has come may wait so long until it is read here. */
const readMs = 10;

/** Lines of a word and a value. The date is the first: nothing stands between it and its arrival but the way. */
const factsScript = `LC_ALL=C
export LC_ALL
printf 'date %s\\n' "$(date +%s.%N)"
printf 'system %s\\nhost %s\\npath %s\\nshell %s\\n' "$(uname -srm)" "$(uname -n)" "$PATH" "$SHELL"
printf 'soft %s\\nhard %s\\n' "$(ulimit -S -n)" "$(ulimit -H -n)"
if [ -n "$HOME" ] && [ -w "$HOME" ]; then printf 'home yes\\n'; fi
if [ -w "\${TMPDIR:-/tmp}" ]; then printf 'tmp yes\\n'; fi
for name do
	if found=$(command -v "$name"); then printf 'on %s %s\\n' "$name" "$found"; fi
done
${widerPath}
for name do
	if found=$(command -v "$name"); then printf 'off %s %s\\n' "$name" "$found"; fi
done
if [ -e /proc/driver/nvidia/version ]; then printf 'driver yes\\n'; fi
printf 'end\\n'`;

/**
 * Lines of a name, a path and a version; all are asked at once, since any may hang. Of a program of Python the package
 * tells: importing vLLM takes half a minute and more. SGLang may be a module of Python without a program. Ollama would ask
 * the server that OLLAMA_HOST names; with nobody there it tells its own version.
 */
const versionsScript = `${widerPath}
LC_ALL=C
export LC_ALL
tell() {
	if [ -n "$3" ]; then printf '%s %s %s\\n' "$1" "$3" "$2"; fi
}
package() {
	"$@" -c "import importlib.metadata as m; print(m.version('$name'))" 2>/dev/null | head -n 1
}
for name do
	path=$(command -v "$name") || path=
	case $name:$path in
		sglang:)
			path=$(command -v python3) || continue
			tell "$name" "$path" "$(package "$path")" & ;;
		*:) ;;
		vllm:*|sglang:*)
			first=$(head -c 256 "$path" | head -n 1 | tr -d '\\000')
			case $first in '#!'*python*) ;; *) continue ;; esac
			# The interpreter, and for env its name: two words.
			tell "$name" "$path" "$(package \${first#'#!'})" & ;;
		ollama:*) tell "$name" "$path" "$(OLLAMA_HOST=127.0.0.1:1 "$path" --version 2>&1 | sed -n 's/.*version is v\\{0,1\\}\\([0-9][^ ]*\\).*/\\1/p' | head -n 1)" & ;;
		llama-server:*) tell "$name" "$path" "$("$path" --version 2>&1 | sed -n 's/^version: \\([^ ]*\\).*/\\1/p' | head -n 1)" & ;;
		node:*) tell "$name" "$path" "$("$path" --version 2>/dev/null | sed -n 's/^v\\([0-9].*\\)/\\1/p' | head -n 1)" & ;;
	esac
done
wait`;

/** Asks. Never rejects; takes at most 35 s. */
export async function boxFacts(shell: RemoteShell): Promise<BoxFacts> {
	const lines: string[] = [];
	const versions: string[] = [];
	const began = Date.now();
	let dateMs: number | undefined;
	await linesOf(shell, {script: factsScript, args: askedPrograms, deadlineMs: factsMs}, (line) => {
		if (line.startsWith('date ')) dateMs ??= Date.now();
		lines.push(line);
	});
	const roundTripMs = shell.state.kind === 'up' ? shell.state.roundTripMs : undefined;
	const way = {beganMs: began, arrivedMs: dateMs ?? Number.NaN, ...present({roundTripMs})};
	await linesOf(shell, {script: versionsScript, args: askedPrograms, deadlineMs: versionsMs}, (line) => {
		versions.push(line);
	});
	// Last, and alone: what else is asked would be in it.
	const bytesPerSecond = await bandwidth(shell);
	return {name: shell.name, ...withVersions(readFacts(lines, way), versions), ...present({bytesPerSecond})};
}

/** With what lines of a name, a version and a path say. Pure. */
export function withVersions(facts: Omit<BoxFacts, 'name'>, lines: readonly string[]): Omit<BoxFacts, 'name'> {
	const told = new Map(
		lines.flatMap((line) => {
			const [name = '', version, ...path] = line.split(' ');
			return version === undefined || !askedPrograms.includes(name) ? [] : [[name, {version, path: path.join(' ')}]];
		}),
	);
	const known = facts.programs.map((program) => ({...program, ...present({version: told.get(program.name)?.version})}));
	const missing = [...told].filter(([name]) => !facts.programs.some((program) => program.name === name));
	const modules = missing.map(([name, {path, version}]) => ({name, path, version, isOnPath: true}));
	return {...facts, programs: [...known, ...modules]};
}

/** When the question was sent and the date came, ms since 1970 by our own clock. */
interface Way {
	readonly beganMs: number;
	readonly arrivedMs: number;
	readonly roundTripMs?: number;
}

/** What the lines of the script say; others among them are left out. Pure. */
export function readFacts(lines: readonly string[], way: Way): Omit<BoxFacts, 'name'> {
	const all = (word: string) =>
		lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1).trim());
	const one = (word: string) => all(word)[0] || undefined;
	const onPath = all('on').map(programIn);
	const programs = [
		...onPath.map((program) => ({...program, isOnPath: true})),
		...all('off')
			.map(programIn)
			.filter(({name}) => !onPath.some((program) => program.name === name))
			.map((program) => ({...program, isOnPath: false})),
	];
	const openFiles = present({soft: limit(one('soft')), hard: limit(one('hard'))});
	return present({
		system: one('system'),
		hostname: one('host'),
		path: one('path'),
		loginShell: one('shell'),
		writableHome: one('home') !== undefined,
		writableTmp: one('tmp') !== undefined,
		openFiles,
		programs,
		nvidiaDriver: one('driver') !== undefined,
		clock: clockDifference(one('date'), way),
		isLate: !lines.includes('end'),
	});
}

function programIn(line: string): Omit<FoundProgram, 'isOnPath'> {
	const [name = '', ...path] = line.split(' ');
	return {name, path: path.join(' ')};
}

function limit(text: string | undefined): number | undefined {
	if (text === 'unlimited') return Number.POSITIVE_INFINITY;
	return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/**
 * The date was told after the question was sent, and no longer than a round trip before it came. Where the box tells
 * whole seconds only, it may have been almost a second later.
 */
function clockDifference(text: string | undefined, {beganMs, arrivedMs, roundTripMs}: Way): BoxFacts['clock'] {
	const [, seconds, fraction] = /^(\d{9,11})(?:\.(\d{3})\d*)?/.exec(text ?? '') ?? [];
	if (seconds === undefined || !Number.isFinite(arrivedMs)) return undefined;
	const toldMs = 1000 * Number(seconds) + Number(fraction ?? 0);
	const stepMs = fraction === undefined ? 1000 : 1;
	const earliestMs = Math.max(beganMs, roundTripMs === undefined ? beganMs : arrivedMs - roundTripMs - readMs);
	const least = toldMs - arrivedMs;
	const most = toldMs + stepMs - earliestMs;
	return {aheadMs: (least + most) / 2, withinMs: (most - least) / 2};
}
