import {mkdirSync, symlinkSync} from 'node:fs';
import {dirname} from 'node:path';
import {expect, test} from 'vitest';
import {packageVersion} from '../../../../source/engine/host/doctor/package-version.ts';
import {createFolder} from './folder.ts';

const metadata = (version: string, name = 'vllm') => `${name}-${version}.dist-info/METADATA`;

test('a program in a virtual environment has the version of the package beside it', async () => {
	const folder = createFolder();
	const program = folder.program('venv/bin/vllm', '#!/elsewhere/bin/tool\n');
	folder.write(`venv/lib/python3.12/site-packages/${metadata('0.32.0+cpu')}`, '');
	folder.write(`venv/lib/python3.12/site-packages/${metadata('0.5.1', 'vllm_flash_attn')}`, '');
	expect(await packageVersion(program, 'vllm')).toBe('0.32.0+cpu');
});

test('a link on the PATH is followed to where the program is', async () => {
	const folder = createFolder();
	const program = folder.program('tools/vllm/bin/vllm', '#!/elsewhere/bin/tool\n');
	folder.write(`tools/vllm/lib/python3.13/site-packages/${metadata('0.9.1')}`, '');
	const link = folder.file('.local/bin/vllm');
	mkdirSync(dirname(link), {recursive: true});
	symlinkSync(program, link);
	expect(await packageVersion(link, 'vllm')).toBe('0.9.1');
});

test.each([
	['names its Python', (python: string) => `#!${python}\nimport sys\n`],
	[
		'names it as pip does where the path is long',
		(python: string) => `#!/bin/sh\n'''exec' "${python}" "$0" "$@"\n' '''\n`,
	],
	['names it so without quotes', (python: string) => `#!/bin/sh\n'''exec' ${python} "$0" "$@"\n' '''\n`],
])('a program elsewhere that %s has the version of that Python', async (_how, text) => {
	const folder = createFolder();
	const program = folder.program('bin/vllm', text(folder.file('opt/python/bin/python3')));
	folder.write(`opt/python/lib/python3.11/dist-packages/${metadata('0.10.2')}`, '');
	expect(await packageVersion(program, 'vllm')).toBe('0.10.2');
});

test('where nothing tells, or two versions disagree, there is none', async () => {
	const folder = createFolder();
	const alone = folder.program('alone/bin/vllm', '#!/usr/bin/env python3\n');
	const torn = folder.program('torn/bin/vllm', '');
	folder.write(`torn/lib/python3.11/site-packages/${metadata('0.10.2')}`, '');
	folder.write(`torn/lib/python3.12/site-packages/${metadata('0.32.0')}`, '');
	expect([
		await packageVersion(alone, 'sglang'),
		await packageVersion(torn, 'vllm'),
		await packageVersion(folder.file('nothing/bin/vllm'), 'vllm'),
	]).toEqual([undefined, undefined, undefined]);
});
