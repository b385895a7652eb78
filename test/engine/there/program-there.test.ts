/** The program and its files on another machine, and the Node there, over a real OpenSSH server. */

import {createHash, randomBytes} from 'node:crypto';
import {
	chmodSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmdirSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {describe, expect, onTestFinished, test} from 'vitest';
import {findNodeThere} from '../../../source/engine/there/node-there.ts';
import {type PlaceOptions, placeProgram} from '../../../source/engine/there/program-there.ts';
import {ExpectedError, exitCode} from '../../../source/errors.ts';
import {until} from '../../support/program.ts';
import {connectTo} from '../../support/ssh-connection.ts';
import {hasSshd, startSshd} from '../../support/sshd.ts';

function emptyFolder(): string {
	const folder = mkdtempSync(join(tmpdir(), 'llmtop-there-'));
	onTestFinished(() => rmSync(folder, {recursive: true, force: true}));
	return folder;
}

/** A Node that only knows its version. */
function fakeNode(folder: string, version: string): string {
	mkdirSync(folder, {recursive: true});
	const file = join(folder, 'node');
	writeFileSync(file, `#!/bin/sh\necho ${version}\n`);
	chmodSync(file, 0o755);
	return file;
}

/** The programs that every machine has, and no Node. */
function plainPath(): string {
	const folder = emptyFolder();
	for (const name of ['sh', 'dd', 'cat', 'sleep', 'kill']) {
		for (const place of ['/usr/bin', '/bin']) {
			if (existsSync(join(folder, name)) || !existsSync(join(place, name))) continue;
			symlinkSync(join(place, name), join(folder, name));
		}
	}
	return folder;
}

async function errorOf(work: Promise<unknown>): Promise<ExpectedError> {
	const error = await work.then(
		() => undefined,
		(reason: unknown) => reason,
	);
	if (error instanceof ExpectedError) return error;
	throw new Error(`this should have been refused, and was not: ${String(error)}`);
}

const program = randomBytes(300_000);
const hash = createHash('sha256').update(program).digest('hex');
const keptName = `llmtop-${hash.slice(0, 32)}.mjs`;

describe.skipIf(!hasSshd)('the Node of another machine', () => {
	test('is the one of its PATH when that is new enough', async () => {
		const [bin, home] = [join(emptyFolder(), 'bin'), emptyFolder()];
		const file = fakeNode(bin, '22.19.0');
		fakeNode(join(home, '.volta/bin'), '24.1.0');
		const sshd = await startSshd({environment: {PATH: `${bin}:${plainPath()}`, HOME: home}});
		expect(await findNodeThere(await connectTo(sshd))).toBe(file);
	});

	test('is one that a version manager keeps, when that of the PATH is too old', async () => {
		const [bin, home] = [join(emptyFolder(), 'bin'), emptyFolder()];
		fakeNode(bin, '18.19.1');
		fakeNode(join(home, '.nvm/versions/node/v20.1.0/bin'), '20.1.0');
		const file = fakeNode(join(home, '.nvm/versions/node/v24.11.0/bin'), '24.11.0');
		const sshd = await startSshd({environment: {PATH: `${bin}:${plainPath()}`, HOME: home}});
		expect(await findNodeThere(await connectTo(sshd))).toBe(file);
	});

	test('that is too old is named, with what to do', async () => {
		const [bin, home] = [join(emptyFolder(), 'bin'), emptyFolder()];
		fakeNode(bin, '18.19.1');
		const later = fakeNode(join(home, '.volta/bin'), '22.18.0');
		const sshd = await startSshd({environment: {PATH: `${bin}:${plainPath()}`, HOME: home}});
		const error = await errorOf(findNodeThere(await connectTo(sshd)));
		expect(error.exitCode).toBe(exitCode.unreachable);
		expect(error.message).toContain('Node on box is too old to run the load there: 18.19.1 (');
		expect(error.message).toContain(`22.18.0 (${later})`);
		expect(error.advice).toContain('Install Node 22.19 or later there');
	});

	test('that is not there is said with the PATH on which it was looked for', async () => {
		const path = plainPath();
		const sshd = await startSshd({environment: {PATH: path, HOME: emptyFolder()}});
		const connection = await connectTo(sshd);
		// This machine may have one where every machine's are.
		const found = await findNodeThere(connection).catch((error: unknown) => error);
		if (typeof found === 'string') return;
		expect(String(found)).toMatch(/There is no Node on box|Node on box is too old/);
		if (String(found).includes('There is no Node')) expect(String(found)).toContain(path);
	});
});

describe.skipIf(!hasSshd)('the program on another machine', () => {
	async function box(environment: Readonly<Record<string, string>> = {}) {
		const home = emptyFolder();
		const PATH = `${dirname(process.execPath)}:/usr/bin:/bin`;
		const sshd = await startSshd({environment: {PATH, HOME: home, XDG_CACHE_HOME: '', ...environment}});
		const connection = await connectTo(sshd);
		const sent: number[] = [];
		const place = (more: Partial<PlaceOptions> = {}) =>
			placeProgram({
				connection,
				node: process.execPath,
				program,
				files: [],
				keep: false,
				onSend: (count) => sent.push(count),
				signal: new AbortController().signal,
				...more,
			});
		return {home, sshd, connection, sent, place};
	}

	test('stands with its files in a folder that only its owner may enter, and nothing is left after it', async () => {
		const {home, sent, place} = await box();
		const there = await place({files: [{name: '0-prompts.jsonl', content: Buffer.from('{"prompt": "ä"}\n')}]});
		expect(dirname(dirname(there.folder))).toBe(join(home, '.cache'));
		expect(readdirSync(there.folder).sort()).toStrictEqual(['0-prompts.jsonl', 'llmtop.mjs']);
		expect(readFileSync(there.file).equals(program)).toBe(true);
		expect(readFileSync(join(there.folder, '0-prompts.jsonl'), 'utf8')).toBe('{"prompt": "ä"}\n');
		expect(statSync(there.folder).mode & 0o777).toBe(0o700);
		expect(statSync(there.file).mode & 0o777).toBe(0o600);
		expect(sent).toHaveLength(1);
		await there.remove();
		expect(readdirSync(home)).toStrictEqual([]);
	});

	test('is kept when that is wanted, not sent again, and removed by the next run that does not keep it', async () => {
		const {home, sent, place} = await box();
		await (await place({keep: true})).remove();
		expect(readdirSync(join(home, '.cache/llmtop'))).toStrictEqual([keptName]);
		const again = await place({keep: true});
		expect(readFileSync(again.file).equals(program)).toBe(true);
		await again.remove();
		expect(sent).toHaveLength(1);
		await (await place()).remove();
		expect(sent).toHaveLength(1);
		expect(readdirSync(join(home, '.cache'))).toStrictEqual([]);
	});

	test('is sent anew when what was kept has changed', async () => {
		const {home, sent, place} = await box();
		await (await place({keep: true})).remove();
		const kept = join(home, '.cache/llmtop', keptName);
		writeFileSync(kept, Buffer.concat([program, Buffer.from('// and more')]));
		const there = await place({keep: true});
		expect(sent).toHaveLength(2);
		expect(readFileSync(there.file).equals(program)).toBe(true);
		expect(readFileSync(kept).equals(program)).toBe(true);
		await there.remove();
	});

	test('is of each run alone: one that ends takes nothing from another', async () => {
		const {home, place} = await box();
		const first = await place();
		const second = await place();
		await first.remove();
		expect(readFileSync(second.file).equals(program)).toBe(true);
		await second.remove();
		expect(readdirSync(join(home, '.cache'))).toStrictEqual([]);
	});

	test('goes elsewhere when the home folder cannot be written', async () => {
		const temporary = emptyFolder();
		// A file where a folder must be stops root too.
		const {home, place} = await box({TMPDIR: temporary, XDG_RUNTIME_DIR: ''});
		writeFileSync(join(home, '.cache'), '');
		const there = await place();
		expect(dirname(dirname(there.folder))).toBe(temporary);
		await there.remove();
		expect(readdirSync(temporary)).toStrictEqual([]);
	});

	test('has no place where nothing can be written, and it is said why', async () => {
		const {place} = await box();
		const node = join(emptyFolder(), 'node');
		// What Node there would say on such a machine.
		const troubles = ['/home/me/.cache/llmtop: EROFS', '/tmp/llmtop-1000: ENOSPC', '/var/tmp/llmtop-1000: EWORSE'];
		const answers = [
			`echo '{"kept": false}'`,
			'read -r head',
			`echo '${JSON.stringify({troubles})}'`,
			'cat >/dev/null',
		];
		writeFileSync(node, ['#!/bin/sh', ...answers].join('\n'), {mode: 0o755});
		await expect(place({node})).rejects.toThrow(
			'box has no place for llmtop: /home/me/.cache/llmtop: read-only; /tmp/llmtop-1000: no space left; /var/tmp/llmtop-1000: EWORSE.',
		);
	});

	test('leaves nothing when the connection is lost before somebody else looks after it', async () => {
		const {home, sshd, place} = await box();
		const there = await place();
		expect(existsSync(there.folder)).toBe(true);
		await sshd.cut();
		await until(
			() => readdirSync(home).length === 0,
			() => readdirSync(home, {recursive: true}).join(),
		);
	});

	test('leaves nothing when whoever looked after it has begun to take it away', async () => {
		const {home, place} = await box();
		const there = await place();
		there.handOver();
		for (const own of there.removes) rmSync(own, {recursive: true, force: true});
		rmdirSync(String(there.removesEmpty[0]));
		expect(readdirSync(home)).toStrictEqual(['.cache']);
		await there.remove();
		expect(readdirSync(home)).toStrictEqual([]);
	});

	test('stays when the connection is lost later', async () => {
		const {sshd, connection, place} = await box();
		const there = await place();
		there.handOver();
		await connection.output('sleep 0.2 || sleep 1');
		await sshd.cut();
		await until(
			() => connection.state.kind === 'up',
			() => 'it does not come back',
		);
		expect(existsSync(there.file)).toBe(true);
	});

	test('is not sent when somebody has ended it', async () => {
		const {home, place} = await box();
		const stop = new AbortController();
		const reason = new Error('enough');
		const placing = place({signal: stop.signal, onSend: () => stop.abort(reason)});
		await expect(placing).rejects.toBe(reason);
		await until(
			() => readdirSync(home).length === 0,
			() => readdirSync(home, {recursive: true}).join(),
		);
	});
});
