import {copyFile, writeFile} from 'node:fs/promises';
import {describe, expect, test} from 'vitest';
import {recordedSession} from '../../scripts/frames.ts';
import {createPlace, type Place, runProgram, startOnTerminal} from '../support/program.ts';

/** A place with the recorded session as run.json. */
async function placeWithSession(): Promise<Place> {
	const place = createPlace();
	await copyFile(recordedSession, place.file('run.json'));
	return place;
}

const thenCode = '"$@"; echo "left with $?"';

describe('llmtop replay', () => {
	test('plays a session through the live view, is moved by keys, and leaves the terminal as it was', async () => {
		const place = await placeWithSession();
		const program = startOnTerminal(['replay', 'run.json', '--at', '00:12', '--speed', '0.25'], {
			place,
			shell: thenCode,
		});
		await program.shows(/REPLAY 0\.25×.* 0:1[2-9] of 0:\d\d/);
		expect(program.terminal.isAlternate).toBe(true);
		program.press(' ');
		await program.shows('PAUSED');
		program.press('>>');
		await program.shows('REPLAY 1×');
		program.press('\u001b[C\u001b[C');
		await program.shows(/ 0:(?:2[2-9]|3\d) of /);
		await program.shows('decode');
		program.press(' ');
		await program.shows(/REPLAY 1×/);
		program.press('q');
		await program.shows('left with 0');
		expect(program.terminal.isAlternate).toBe(false);
		expect(program.terminal.isCursorShown).toBe(true);
		expect(place.kept()).toEqual([]);
	});

	test('stands still at the end', async () => {
		const place = await placeWithSession();
		const program = startOnTerminal(['replay', 'run.json', '--speed', '64'], {place, shell: thenCode});
		await program.shows('DONE');
		await program.shows('saved in run.json');
		program.press('q');
		await program.shows('left with 0');
	});

	test('Ctrl-C leaves with 130', async () => {
		const place = await placeWithSession();
		const program = startOnTerminal(['replay', 'run.json'], {place, shell: thenCode});
		await program.shows('REPLAY');
		program.press('\u0003');
		await program.shows('left with 130');
		expect(program.terminal.isAlternate).toBe(false);
	});

	test('without a terminal names the command that needs none', async () => {
		const {code, stdout, stderr} = await runProgram(['replay', 'run.json'], {place: await placeWithSession()});
		expect({code, stdout, stderr}).toEqual({
			code: 2,
			stdout: '',
			stderr: 'llmtop: llmtop replay needs a terminal to play on.\nThe tables of the session: llmtop report run.json\n',
		});
	});

	test.each([
		['{"formatVersion": 7}', 'it is of format 7, and this llmtop knows format 1'],
		['{"formatVersion": 1, "llmtop": 3}', 'run.json is not a valid session'],
		['no session at all', 'run.json is not a session that can be read'],
	])('of a file that holds %s says what report says', async (text, words) => {
		const place = createPlace();
		await writeFile(place.file('run.json'), text);
		const report = await runProgram(['report', 'run.json'], {place});
		const program = startOnTerminal(['replay', 'run.json'], {place, shell: thenCode, columns: 200});
		await program.shows('left with 2');
		const said = program.terminal.screen().filter((line) => line !== '' && !line.startsWith('left with'));
		expect(said.join('\n')).toBe(report.stderr.trimEnd());
		expect(report.stderr).toContain(words);
	});

	test('refuses a moment after the end, and says how long the session is', async () => {
		const place = await placeWithSession();
		const program = startOnTerminal(['replay', 'run.json', '--at', '2:00:00'], {place, shell: thenCode});
		await program.shows(/--at 2:00:00: the session is 0:\d\d long\.\nNearest: --at 0:\d\d/);
		await program.shows('left with 2');
		expect(program.written()).not.toContain('\u001b[?1049h');
	});
});
