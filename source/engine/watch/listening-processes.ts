/** The processes of this machine that have an engine's command, and where they listen. */

import type {ListeningProcess} from './engine-process.ts';
import {linuxProcesses} from './linux-processes.ts';
import {macProcesses} from './mac-processes.ts';

/** As they are now; none where the system cannot be asked: other systems, a /proc that is closed. */
export function listeningProcesses(): Promise<readonly ListeningProcess[]> {
	return processFollower()();
}

/** The same at each call, for who asks again and again. */
export function processFollower(): () => Promise<readonly ListeningProcess[]> {
	const {platform} = process;
	if (platform === 'darwin') return macProcesses;
	if (platform !== 'linux') return async () => [];
	const list = linuxProcesses();
	return () => list().catch(() => []);
}
