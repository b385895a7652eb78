import {expect, test} from 'vitest';
import {startOnTerminal} from '../support/program.ts';

/** A shell that has stopped the program asks for a line, then brings the program back. */
const withJobs = 'set -m; "$@"; echo "stopped with $?"; read -r line; fg >/dev/null; echo "left with $?"';

test('Ctrl-Z goes back to the shell with its terminal as it was, and fg brings the whole view back', async () => {
	const program = startOnTerminal(['demo', '--concurrency', '4'], {shell: withJobs});
	await program.shows(/ LIVE .*\n/);
	await program.shows(/STATE[\s\S]* 4 decode/);
	program.press('\u001a');
	await program.shows(/stopped with 1\d\d/);
	expect({alternate: program.terminal.isAlternate, cursor: program.terminal.isCursorShown}).toEqual({
		alternate: false,
		cursor: true,
	});
	// The shell edits the line: what is typed is echoed.
	program.press('typed');
	await program.shows('typed');
	program.press('\r');
	await program.shows(/^llmtop [\s\S]* LIVE [\s\S]*STATE[\s\S]* 4 decode[\s\S]* q Quit/);
	expect(program.terminal.isAlternate).toBe(true);
	program.press('?');
	await program.shows('─ SCREENS');
	program.press('\u001bq');
	program.press('q');
	await program.shows('left with 0');
	expect({alternate: program.terminal.isAlternate, cursor: program.terminal.isCursorShown}).toEqual({
		alternate: false,
		cursor: true,
	});
});
