import {execFile} from 'node:child_process';
import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {expect, onTestFinished, test} from 'vitest';

const execute = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));

test('The package installs in an empty folder without any other package, and its program runs from there', async () => {
	const folder = mkdtempSync(join(tmpdir(), 'llmtop-package-'));
	onTestFinished(() => rmSync(folder, {recursive: true, force: true, maxRetries: 5}));
	// A cache of its own that is empty: nothing can come from anywhere but the tarball.
	const env = {
		...process.env,
		// `node` is the one that runs the tests, whatever the machine has.
		PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}`,
		npm_config_cache: join(folder, 'cache'),
		XDG_STATE_HOME: join(folder, 'state'),
	};
	// The program is built already: packing must not build it again under the other tests.
	await execute('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], {cwd: root, env});
	const [tarball = ''] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
	const home = join(folder, 'empty');
	mkdirSync(home);
	await execute('npm', ['install', '--offline', '--no-audit', '--no-fund', join(folder, tarball)], {cwd: home, env});
	const installed = readdirSync(join(home, 'node_modules')).filter((name) => !name.startsWith('.'));
	expect(installed).toEqual(['llmtop']);

	const run = (...args: readonly string[]) =>
		execute(join(home, 'node_modules', '.bin', 'llmtop'), [...args], {cwd: home, env});
	const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
	expect(`llmtop ${Object(manifest).version}\n`).toBe((await run('--version')).stdout);
	const {stdout} = await run('demo', '--requests', '2', '--concurrency', '2', '--max-tokens', '5', '--json');
	expect(JSON.parse(stdout)).toMatchObject({levels: [{requests: {total: 2, ok: 2}, tokens: {output: 10}}]});
	// What others rely on is in it: the schema, and nothing of the sources.
	const parts = readdirSync(join(home, 'node_modules', 'llmtop')).sort();
	expect(parts).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'dist', 'package.json', 'presets', 'schema']));
	expect(parts.filter((name) => ['source', 'test', 'scripts', 'cli.tsx'].includes(name))).toEqual([]);
});
