/** Sessions with a box, one after the other, over a connection that comes and goes. */

import {describe, expect, test} from 'vitest';
import {hearOut, sessions} from '../../../../source/engine/ssh/job/sessions.ts';
import {notStarted, startTalk} from '../../../../source/engine/ssh/remote-process.ts';
import {localShell} from '../../../support/local-shell.ts';

describe('Sessions', () => {
	test('follow one another while there is a connection, and end when nobody wants them', async () => {
		const shell = localShell();
		const over = new AbortController();
		let count = 0;
		const all = sessions(shell, over.signal, async () => {
			count++;
			if (count === 2) shell.cut();
		});
		await expect.poll(() => [count, shell.listeners], {timeout: 10_000}).toEqual([2, 1]);
		shell.mend();
		await expect.poll(() => count, {timeout: 10_000}).toBeGreaterThan(2);
		over.abort();
		await all;
		expect(shell.listeners).toBe(0);
	});
});

describe('A session', () => {
	test('tells what it writes, to its end', async () => {
		const heard: string[] = [];
		const talk = startTalk({file: 'sh', environment: process.env, argv: ['-c']}, 'echo one; echo two', []);
		await hearOut(talk, new AbortController().signal, (bytes) => heard.push(bytes));
		expect(heard.join('')).toBe('one\ntwo\n');
	});

	test('that nobody wanted any more before it began is ended', async () => {
		let closes = 0;
		const talk = {...notStarted(''), close: async () => void closes++};
		await hearOut(talk, AbortSignal.abort(), () => undefined);
		expect(closes).toBe(1);
	});
});
