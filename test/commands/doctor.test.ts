import {chmodSync, mkdirSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {expect, test} from 'vitest';
import type {Check} from '../../source/engine/host/doctor/check.ts';
import {createPlace, type Ended, type Place, runProgram, startOnTerminal} from '../support/program.ts';

const doctor = JSON.stringify(new URL('../../source/commands/doctor.ts', import.meta.url).href);

/** Runs the command from its source in a process of its own; `$1` is Node. */
function inShell(place: Place, options: {readonly json: boolean; readonly before?: string}): string {
	const script = `import {runDoctor} from ${doctor}; process.exitCode = await runDoctor({json: ${options.json}, environment: process.env});`;
	return `${options.before ?? ''} PATH=${place.file('bin')} exec "$1" --input-type=module -e '${script}'`;
}

/** A place whose PATH is one folder with these programs, each a script for the shell. */
function placeWith(programs: Readonly<Record<string, string>>): Place {
	const place = createPlace();
	const folder = place.file('bin');
	mkdirSync(folder);
	for (const [name, text] of Object.entries(programs)) {
		const file = join(folder, name);
		mkdirSync(dirname(file), {recursive: true});
		writeFileSync(file, `#!/bin/sh\n${text}\n`);
		chmodSync(file, 0o755);
	}
	return {...place, environment: {...place.environment, NO_COLOR: '', FORCE_COLOR: ''}};
}

interface Told extends Omit<Check, 'advice'> {
	readonly group: string;
	readonly advice: string | null;
}

function checksIn({stdout}: Ended): readonly Told[] {
	return JSON.parse(stdout).checks;
}

const engines = {
	vllm: 'echo "INFO importing"; echo 0.32.0+cpu',
	ollama: 'echo "Warning: could not connect to a running Ollama instance"; echo "Warning: client version is 0.32.15"',
	'llama-server': 'echo "version: 4567 (0c1e570)" >&2; echo "built with cc" >&2',
	python3: 'echo 0.5.9',
	ssh: 'echo "OpenSSH_9.2p1 Debian-2, OpenSSL 3.0" >&2',
	'nvidia-smi': 'printf "NVIDIA-SMI has failed because it couldn\'t communicate with the NVIDIA driver.\\n"; exit 9',
};

test('--json tells of each check what it is, its state, a sentence and what to do', async () => {
	const place = placeWith(engines);
	const bin = place.file('bin');
	const ended = await runProgram([], {place, shell: inShell(place, {json: true})});
	const checks = checksIn(ended);
	expect(ended.stderr).toBe('');
	expect(checks.filter(({group}) => ['engines', 'programs', 'gpus', 'terminal'].includes(group))).toEqual([
		{
			group: 'terminal',
			id: 'terminal',
			state: 'note',
			text: 'Standard output is no terminal: a run prints lines in place of the view.',
			advice: null,
		},
		{group: 'programs', id: 'ssh', state: 'ok', text: `OpenSSH_9.2p1: ${bin}/ssh.`, advice: null},
		{
			group: 'gpus',
			id: 'gpu-nvidia-smi',
			state: 'note',
			text: 'The NVIDIA driver does not answer nvidia-smi: it is not loaded, or not installed for this kernel.',
			advice: null,
		},
		{group: 'engines', id: 'engine-vllm', state: 'ok', text: `vLLM 0.32.0+cpu: ${bin}/vllm.`, advice: null},
		{group: 'engines', id: 'engine-ollama', state: 'ok', text: `Ollama 0.32.15: ${bin}/ollama.`, advice: null},
		{
			group: 'engines',
			id: 'engine-llama-server',
			state: 'ok',
			text: `llama.cpp llama-server 4567 (0c1e570): ${bin}/llama-server.`,
			advice: null,
		},
		{group: 'engines', id: 'engine-sglang', state: 'ok', text: `SGLang 0.5.9: ${bin}/python3.`, advice: null},
	]);
	const stopping = checks.filter(({state}) => state === 'fix');
	expect(ended.code).toBe(stopping.length === 0 ? 0 : 1);
});

test.runIf(process.platform === 'linux')(
	'what would stop a run of 1,024 streams is to fix, and the exit code is 1',
	async () => {
		const place = placeWith({});
		const ended = await runProgram([], {place, shell: inShell(place, {json: true, before: 'ulimit -n 512;'})});
		expect(ended.code).toBe(1);
		expect(checksIn(ended).filter(({id}) => id === 'descriptors')).toEqual([
			{
				group: 'limits',
				id: 'descriptors',
				state: 'fix',
				text: 'File descriptors for 448 streams only.',
				advice: 'For 1,024: ulimit -Hn 1088 && ulimit -n 1088 (as root, or in limits.conf).',
			},
		]);
	},
);

test('into a pipe go plain lines, grouped, with what to do below', async () => {
	const place = placeWith({'llama-server': 'printf "\\033[31mno\\007 GPU\\n"'});
	const {stdout} = await runProgram([], {place, shell: inShell(place, {json: false})});
	expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
	expect(stdout).toContain('\nTerminal\n  note  Standard output is no terminal');
	const [, engineLines = ''] = /Engines installed here\n([\s\S]*?)\n\n/.exec(stdout) ?? [];
	expect(engineLines.replaceAll(place.file('bin'), 'BIN').replace(/\s+/g, ' ')).toBe(
		' note llama.cpp llama-server is at BIN/llama-server; its version is not known: it says "no GPU". → Try it by hand: a program that cannot tell its version will hardly start. note Not on the PATH: vLLM, Ollama, SGLang. → Needed only to start them from here; `llmtop presets ID` says how to install one.',
	);
	expect(stdout.split('\n').at(-2)).toMatch(
		/^(?:Nothing here would stop a run|\d+ to fix before a run)\. \d+ notes\.$/,
	);
});

test('on a terminal its colours, size and signs are told in its own colours', async () => {
	const place = placeWith({});
	const program = startOnTerminal([], {
		place,
		columns: 90,
		rows: 60,
		shell: inShell(place, {json: false}),
	});
	await program.ended;
	await program.shows(/note/);
	expect(program.terminal.screen().join('\n')).toContain(
		[
			'Terminal',
			'  ok    The view is drawn here.',
			'  ok    90 columns and 60 lines.',
			'  ok    256 colours, theme dark.',
			'  ok    Unicode: charts are drawn in Braille.',
		].join('\n'),
	);
	expect(program.written()).toContain('\u001b[38;5;34mok  \u001b[39m');
});

test('in ASCII nothing else is written', async () => {
	const place = placeWith({});
	const program = startOnTerminal([], {
		place,
		columns: 40,
		rows: 60,
		environment: {LANG: 'C', TERM: 'vt100', NO_COLOR: '1'},
		shell: inShell(place, {json: false}),
	});
	await program.ended;
	await program.shows(/ run\.|notes/);
	expect(program.written()).not.toMatch(/[^\u0000-~]/);
	const lines = program.terminal.screen().join('\n');
	expect(lines).toContain('  note  40 columns and 60 lines; the\n        view needs 60 and 15.');
	expect(lines).toContain('  note  ASCII only: charts are coarse.\n        The locale is C.');
});
