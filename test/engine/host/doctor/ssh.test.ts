import {expect, test} from 'vitest';
import {judgeSsh, sshFacts} from '../../../../source/engine/host/doctor/ssh.ts';
import {createFolder} from './folder.ts';

test('ssh is told of with its version; that it is missing, or says something else, stops nothing', async () => {
	const folder = createFolder();
	const without = judgeSsh(await sshFacts(folder.environment));
	const program = folder.program('bin/ssh', '#!/bin/sh\n[ "$1" = -V ] && echo "OpenSSH_9.2p1 Debian-2, OpenSSL" >&2\n');
	const usual = judgeSsh(await sshFacts(folder.environment));
	folder.program('bin/ssh', '#!/bin/sh\necho "dropbear v2024"\n');
	expect([without, usual, judgeSsh(await sshFacts(folder.environment))]).toEqual([
		{
			id: 'ssh',
			state: 'note',
			text: 'No ssh on the PATH.',
			advice: "Needed only to reach servers of other machines through it: OpenSSH's client.",
		},
		{id: 'ssh', state: 'ok', text: `OpenSSH_9.2p1: ${program}.`},
		{id: 'ssh', state: 'note', text: `ssh is at ${program}, and does not tell its version.`},
	]);
});
