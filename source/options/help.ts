/** The help texts, made from the table of flags. */

import {type CommandName, type Flag, flags, type Group} from './flags.ts';

/** Names that only the program as a whole knows. */
export interface KnownNames {
	readonly engines: readonly string[];
	readonly workloads: readonly string[];
}

type Row = readonly [left: string, right: string];

const examples: readonly Row[] = [
	['llmtop demo', 'try it: embedded server, 32 streams'],
	['llmtop', 'watch the servers of this machine'],
	['llmtop --engine vllm --concurrency 32', 'hold 32 streams open until q'],
	['llmtop --engine ollama --sweep 1,8,32', 'level after level, table at the end'],
	['llmtop --ssh me@gpu-box', 'watch the servers of another machine'],
	['llmtop -p vllm -m Qwen/Qwen3-0.6B -c 32', 'start the server, load it, stop it'],
];

const commands: readonly Row[] = [
	['llmtop [flags]', 'load a server and measure what it does; without a load, watch it'],
	['llmtop demo [flags]', 'the same on the embedded server: no GPU, no server'],
	['llmtop presets [ID]', 'servers that can be started; with ID, the exact command'],
	['llmtop doctor', 'what is here, and what to do about what is not'],
	['llmtop selftest', 'how exact this client is on this machine'],
	['llmtop report FILE', 'the tables of a saved session, or of several side by side'],
	['llmtop replay FILE', 'play a saved session back through the live view'],
	['llmtop recover FILE', 'rebuild a session from its journal after a crash'],
];

const groups: readonly (readonly [group: Group, title: string])[] = [
	['target', 'Target: which server'],
	['ssh', 'SSH: a server on another machine'],
	['start', 'Start: a server of our own; what stands behind -- goes to it as it is'],
	['load', 'Load: how much and how long'],
	['work', 'Work: what each request asks'],
	['goals', 'Goals: what counts as good'],
	['output', 'Output: where results go'],
	['other', 'Other'],
];

const exitCodes: readonly Row[] = [
	['0', 'done'],
	['1', 'the run failed, or with --strict a goal was missed or a request failed'],
	['2', 'the command line or a file given in it is wrong'],
	['3', 'the server was not found or cannot be reached'],
	['4', 'the server could not be started'],
	['5', 'results could not be written'],
	['6', 'this client was the limit (--strict)'],
	['129', 'ended by a hang-up (SIGHUP)'],
	['130', 'ended by Ctrl-C (SIGINT)'],
	['143', 'ended by a request to terminate (SIGTERM)'],
];

/** Text for `llmtop --help`, at most `columns` wide (as long as words fit). Ends with a line end. */
export function helpText(columns: number, names: KnownNames): string {
	const width = Math.min(100, Math.max(72, columns));
	const rows = flags.map((flag) => flagRow(flag, names));
	const left = leftWidth(rows);
	const sections = groups.map(([group, title]) => {
		const members = rows.filter((_, place) => flags[place]?.group === group);
		return `${title}\n${table(members, width, left)}`;
	});
	return [
		'llmtop watches and loads LLM inference servers, and measures exactly.\n',
		`Examples\n${table(examples, width)}`,
		`Commands\n${table(commands, width)}`,
		`${wrap('What holds without a flag stands in [brackets]; ... marks those that may be repeated.', width).join('\n')}\n`,
		...sections,
		`Exit codes\n${table(exitCodes, width)}`,
	].join('\n');
}

const about: Readonly<Record<Exclude<CommandName, 'load' | 'demo'>, readonly [use: string, text: string]>> = {
	presets: [
		'llmtop presets [ID|FILE]',
		'Lists the servers that can be started, or shows the exact command of one for this machine and the version that is installed, with what was changed and why. Nothing is started. Flags of the server behind -- are added to the command as they are.',
	],
	doctor: [
		'llmtop doctor',
		'Looks at what a run needs: machine and clock, limits for 1,024 streams, terminal, folders, servers that run, GPUs, engines that are installed. Each line is ok, a note, or something to fix, with what to do. With --ssh, looks at that machine and the way to it instead. Exit code 1 when something would stop a run.',
	],
	selftest: [
		'llmtop selftest',
		'Runs the embedded server with a known timetable and says how far this client, on this machine, is from the truth: errors of time to first token and of gaps, CPU time a token, and up to how many streams it can be believed.',
	],
	report: ['llmtop report FILE...', 'Prints the tables of a saved session, or of several side by side.'],
	replay: [
		'llmtop replay FILE',
		'Plays a saved session back through the live view: Space stops and goes on, the arrow keys go back and forward, < and > change the speed. What a session does not hold (the rate of a stream in each second, gaps before the last second) is shown as not known.',
	],
	recover: [
		'llmtop recover FILE',
		'Rebuilds a session from the journal that a run leaves beside its session file; at most the last second before a crash is missing.',
	],
};

/** Text for `llmtop COMMAND --help`. */
export function commandHelp(
	command: Exclude<CommandName, 'load' | 'demo'>,
	columns: number,
	names: KnownNames,
): string {
	const width = Math.min(100, Math.max(72, columns));
	const [use, text] = about[command];
	const own = flags.filter((flag) => flag.commands.includes(command));
	const rows = own.map((flag) => flagRow({...flag, help: helpWithin(flag.help, command)}, names));
	return `${use} [flags]\n\n${wrap(text, width).join('\n')}\n\nFlags\n${table(rows, width)}`;
}

/** Where only one command is spoken of, it need not be named. */
function helpWithin(help: string, command: CommandName): string {
	const rest = help.replace(`Of ${command}: `, '');
	return rest.charAt(0).toUpperCase() + rest.slice(1);
}

function flagRow(flag: Flag, names: KnownNames): Row {
	const short = flag.short === undefined ? '    ' : `-${flag.short}, `;
	const sentence = flag.help
		.replace('{engines}', ['auto', ...names.engines].join(', '))
		.replace('{workloads}', names.workloads.join(', '));
	// Blanks that must not become line ends are non-breaking until the text is wrapped.
	const without = flag.default === undefined ? '' : ` [${flag.default.replaceAll(' ', '\u00a0')}]`;
	const value = flag.value === undefined ? '' : ` ${flag.value}`;
	const repeated = flag.repeatable === undefined ? '' : ' ...';
	return [`${short}--${flag.name}${value}${repeated}`, `${sentence}${without}`];
}

function leftWidth(rows: readonly Row[]): number {
	return Math.max(...rows.map(([text]) => text.length)) + 4;
}

/** Two columns, the right one wrapped. */
function table(rows: readonly Row[], width: number, left = leftWidth(rows)): string {
	return rows
		.map(([text, description]) => {
			const lines = wrap(description, width - left);
			return lines.map((line, place) => `${(place === 0 ? `  ${text}` : '').padEnd(left)}${line}\n`).join('');
		})
		.join('');
}

function wrap(text: string, width: number): readonly string[] {
	const lines: string[] = [];
	let line = '';
	for (const word of text.split(' ')) {
		const longer = line === '' ? word : `${line} ${word}`;
		if (longer.length > width && line !== '') {
			lines.push(line);
			line = word;
		} else {
			line = longer;
		}
	}
	return [...lines, line].map((words) => words.replaceAll('\u00a0', ' '));
}
