/** The programs of a box. */

import {widerPath} from '../../ssh/remote-path.ts';
import {lastLine, silence} from '../local-programs.ts';
import type {FoundProgram, ProgramOutput, Programs, QuestionOptions} from '../place.ts';
import type {BoxQuestions} from './questions.ts';

/** Argument: a name. Writes its file and when that and the modules of its Python were changed last; or nothing. */
const findScript = `${widerPath}
found=
case $1 in
*/*) if [ -f "$1" ] && [ -x "$1" ]; then found=$1; fi ;;
*)
	IFS=:
	set -f
	for folder in $PATH; do
		file=\${folder:-.}/$1
		if [ -f "$file" ] && [ -x "$file" ]; then found=$file; break; fi
	done
	set +f
	unset IFS ;;
esac
[ -n "$found" ] || exit 0
case $found in /*) ;; *) found=$PWD/$found ;; esac
printf 'file %s\\n' "$found"
for path in "$found" "\${found%/*}"/../lib/python3*/site-packages; do
	[ -e "$path" ] || continue
	printf 'stamp %s\\n' "$(stat -Lc %Y/%s "$path" 2>/dev/null || stat -Lf %m/%z "$path" 2>/dev/null || ls -dLln "$path")"
done`;

/** Arguments: how many variables, these, the program and its arguments. 255 is ssh's own status. */
const runScript = `${widerPath}
count=$1
shift
while [ "$count" -gt 0 ]; do export "$1"; shift; count=$((count - 1)); done
"$@" 2>&1
code=$?
if [ "$code" -eq 255 ]; then code=254; fi
exit "$code"`;

export interface BoxProgramsOptions {
	/** The box's, as the person named it. */
	readonly name: string;
	/** That of commands there. */
	readonly path: string | undefined;
	readonly questions: BoxQuestions;
}

export function boxPrograms({name, path, questions}: BoxProgramsOptions): Programs {
	return {
		machine: name,
		async find(program) {
			return foundIn(await questions.ask(findScript, [program]));
		},
		path: () => path,
		run: (program, argv, options) => run(questions, [program, ...argv], options),
	};
}

function foundIn(text: string): FoundProgram | undefined {
	const all = (word: string) =>
		text.split('\n').flatMap((line) => (line.startsWith(`${word} `) ? [line.slice(word.length + 1)] : []));
	const [file] = all('file');
	return file === undefined ? undefined : {file, stamp: all('stamp').join(' ')};
}

async function run(
	questions: BoxQuestions,
	command: readonly string[],
	{environment, timeoutMs, signal}: QuestionOptions,
): Promise<ProgramOutput> {
	const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
	const args = [String(variables.length), ...variables, ...command];
	const {code, text} = await questions.run(runScript, args, {timeoutMs, ...(signal === undefined ? {} : {signal})});
	if (code === null) return {text, failure: silence(timeoutMs)};
	if (code !== 0) return {text, failure: lastLine(text) ?? `it failed with code ${code}`};
	return {text};
}
