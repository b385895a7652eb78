/** The test's sshd as a machine that is watched and loaded. */

import {onTestFinished} from 'vitest';
import {Box, type BoxOptions} from '../../source/engine/ssh/box.ts';
import {parseDestination} from '../../source/options/destination.ts';
import type {TestSshd} from './sshd.ts';

/** Opens it; it is closed with the test. */
export async function openBox(sshd: TestSshd, options: Partial<BoxOptions> = {}): Promise<Box> {
	const box = await Box.open({
		destination: parseDestination(sshd.name),
		environment: process.env,
		signal: new AbortController().signal,
		sshArguments: sshd.sshArguments,
		way: 'tunnel',
		interactive: false,
		...options,
	});
	onTestFinished(() => box.close());
	return box;
}
