import {once} from 'node:events';
import {
	chmodSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	rmSync,
	statSync,
	utimesSync,
	writeFileSync,
} from 'node:fs';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {describe, expect, onTestFinished, test} from 'vitest';
import {createControlFolder} from '../../../source/engine/ssh/control-folder.ts';

function place(name: string): string {
	const root = mkdtempSync(join(tmpdir(), 'lt-'));
	onTestFinished(() => rmSync(root, {recursive: true, force: true}));
	const folder = join(root, name);
	mkdirSync(folder);
	return folder;
}

describe('The folder of the control socket', () => {
	test("is ours alone, in the session's own place, and goes with all that is in it", async () => {
		const runtime = place('run');
		const folder = await createControlFolder({XDG_RUNTIME_DIR: runtime, TMPDIR: place('tmp')});
		const first = await folder.nextSocket();
		const second = await folder.nextSocket();
		expect(dirname(dirname(first))).toBe(runtime);
		expect(statSync(dirname(first)).mode & 0o777).toBe(0o700);
		expect(first).not.toBe(second);
		writeFileSync(first, '');
		await folder.remove();
		expect(readdirSync(runtime)).toEqual([]);
	});

	test('is elsewhere when the path is too long for a socket, has a sign that ssh replaces, or is not there', async () => {
		for (const unfit of [place('x'.repeat(60)), place('50%h'), place('$HOME'), '/nowhere/at/all', 'relative']) {
			const tmp = place('tmp');
			const folder = await createControlFolder({XDG_RUNTIME_DIR: unfit, TMPDIR: tmp});
			const socket = await folder.nextSocket();
			expect(dirname(dirname(socket))).toBe(tmp);
			expect(Buffer.byteLength(socket) + 17).toBeLessThanOrEqual(103);
			await folder.remove();
		}
	});

	test('comes again when somebody has removed it', async () => {
		const folder = await createControlFolder({XDG_RUNTIME_DIR: place('run')});
		rmSync(dirname(await folder.nextSocket()), {recursive: true});
		const socket = await folder.nextSocket();
		expect(statSync(dirname(socket)).mode & 0o777).toBe(0o700);
		await folder.remove();
	});

	test('takes away what a killed run has left an hour ago, and nothing else', async () => {
		const runtime = place('run');
		const long = new Date(Date.now() - 61 * 60_000);
		const names = ['llmtop-ssh-old', 'llmtop-ssh-dead', 'llmtop-ssh-used', 'else'];
		for (const name of [...names, 'llmtop-ssh-new']) mkdirSync(join(runtime, name));
		writeFileSync(join(runtime, 'llmtop-ssh-dead', '1'), '');
		const server = createServer().listen(join(runtime, 'llmtop-ssh-used', '1'));
		onTestFinished(() => void server.close());
		await once(server, 'listening');
		for (const name of names) utimesSync(join(runtime, name), long, long);
		const folder = await createControlFolder({XDG_RUNTIME_DIR: runtime});
		await folder.remove();
		expect(readdirSync(runtime).sort()).toEqual(['else', 'llmtop-ssh-new', 'llmtop-ssh-used']);
	});

	test.skipIf(process.getuid?.() === 0)('is also where names may not be listed', async () => {
		const closed = place('run');
		chmodSync(closed, 0o300);
		const folder = await createControlFolder({XDG_RUNTIME_DIR: closed});
		expect(dirname(dirname(await folder.nextSocket()))).toBe(closed);
		await folder.remove();
		chmodSync(closed, 0o700);
	});

	test.skipIf(process.getuid?.() === 0)('is not in a place that cannot be written', async () => {
		const closed = place('run');
		chmodSync(closed, 0o500);
		const folder = await createControlFolder({XDG_RUNTIME_DIR: closed});
		expect(existsSync(await folder.nextSocket())).toBe(false);
		expect(readdirSync(closed)).toEqual([]);
		await folder.remove();
	});
});
