import {mkdirSync} from 'node:fs';
import {dirname} from 'node:path';
import {describe, expect, test} from 'vitest';
import {writeSession} from '../../source/session/file.ts';
import type {Session} from '../../source/snapshot.ts';
import {createPlace, type Ended, type Place, runProgram} from '../support/program.ts';
import {sampleSessions} from '../support/sessions.ts';

const report = JSON.stringify(new URL('../../source/commands/report.ts', import.meta.url).href);

/** Runs the command from its source in a process of its own, its output a pipe. */
function sideBySide(place: Place, files: readonly string[], format: 'text' | 'md' | 'csv' | 'json'): Promise<Ended> {
	const command = JSON.stringify({files, format});
	const script = `import {reportFiles} from ${report}; process.exitCode = await reportFiles(${command});`;
	return runProgram([], {place, shell: `exec "$1" --input-type=module -e '${script}'`});
}

async function saved(sessions: Readonly<Record<string, Session>>): Promise<Place> {
	const place = createPlace();
	for (const [name, session] of Object.entries(sessions)) {
		mkdirSync(dirname(place.file(name)), {recursive: true});
		await writeSession(place.file(name), session);
	}
	return place;
}

function on(name: string, session: Session): Session {
	return {...session, target: {...session.target, box: {name, way: 'tunnel'}}};
}

/** The first word of each line of the block of sessions. */
function names({stdout}: Ended): readonly string[] {
	const [, lines = ''] = /\nSessions\n([\s\S]*?)\n\n/.exec(stdout) ?? [];
	return lines.split('\n').flatMap((line) => /^\S+(?: \(\d\))?(?= {2})/.exec(line)?.[0] ?? []);
}

describe('several saved sessions side by side', () => {
	test('are named by their machines, where those tell them apart', async () => {
		const place = await saved({
			'one.json': on('me@a', sampleSessions.closed()),
			'two.json': on('me@b', sampleSessions.closed()),
		});
		const ended = await sideBySide(place, ['one.json', 'two.json'], 'text');
		expect({code: ended.code, stderr: ended.stderr}).toEqual({code: 0, stderr: ''});
		expect(ended.stdout).toMatch(/^llmtop: 2 sessions side by side\n\nload +closed loop, 32 streams held open/);
		expect(names(ended)).toEqual(['me@a', 'me@b']);
	});

	test('are named by their files, where the machine is the same or not told', async () => {
		const place = await saved({'before.json': sampleSessions.closed(), 'after.json': sampleSessions.sweep()});
		const ended = await sideBySide(place, ['before.json', 'after.json'], 'text');
		expect(names(ended)).toEqual(['before', 'after']);
		// Each had a load of its own.
		expect(ended.stdout).not.toMatch(/^load {2,}closed/m);
	});

	test('are named by their paths, where the files have the same name', async () => {
		const place = await saved({'a/run.json': sampleSessions.closed()});
		const ended = await sideBySide(place, ['a/run.json', 'a/run.json'], 'text');
		expect(names(ended)).toEqual(['a/run.json', 'a/run.json (2)']);
	});

	test('are Markdown, CSV and JSON, too', async () => {
		const place = await saved({'a.json': sampleSessions.closed(), 'b.json': sampleSessions.closed()});
		const files = ['a.json', 'b.json'];
		expect((await sideBySide(place, files, 'md')).stdout).toMatch(/^# llmtop: 2 sessions side by side\n/);
		expect((await sideBySide(place, files, 'csv')).stdout.trimEnd().split('\n')).toHaveLength(3);
		const {sessions, failed} = JSON.parse((await sideBySide(place, files, 'json')).stdout);
		expect([sessions.length, failed]).toEqual([2, []]);
	});
});
