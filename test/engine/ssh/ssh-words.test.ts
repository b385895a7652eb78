import {describe, expect, test} from 'vitest';
import {backOffMs} from '../../../source/engine/ssh/reconnect.ts';
import {connectError, failureOf, lastWord, needsPerson, wordsOf} from '../../../source/engine/ssh/ssh-words.ts';

describe('What ssh says', () => {
	test.each([
		['ssh: Could not resolve hostname box: Name or service not known', 'unknown-host'],
		['ssh: connect to host 10.0.0.7 port 22: Connection refused', 'refused'],
		['ssh: connect to host 10.0.0.7 port 22: Connection timed out', 'timeout'],
		['Connection timed out during banner exchange\nConnection to 10.0.0.7 port 22 timed out', 'timeout'],
		['Timeout, server 10.0.0.7 not responding.', 'timeout'],
		['ssh: connect to host 10.0.0.7 port 22: No route to host', 'unreachable'],
		['me@10.0.0.7: Permission denied (publickey,password).', 'denied'],
		['Received disconnect from 10.0.0.7 port 22:2: Too many authentication failures', 'denied'],
		['Host key verification failed.', 'host-key-unknown'],
		['No ED25519 host key is known for box and you have requested strict checking.', 'host-key-unknown'],
		[
			'Host key for box has changed and you have requested strict checking.\nHost key verification failed.',
			'host-key-changed',
		],
		['Connection closed by 10.0.0.7 port 22', 'other'],
	])('%j is %s', (words, failure) => {
		expect(failureOf(words)).toBe(failure);
	});

	test('is kept as it is, without what it tells of single channels', () => {
		const stderr =
			'Welcome\r\n\nchannel 3: open failed: connect failed: Connection refused\nTimeout, server box not responding.\n';
		expect(wordsOf(stderr)).toBe('Welcome\nTimeout, server box not responding.');
		expect(lastWord(wordsOf(stderr))).toBe('Timeout, server box not responding.');
		expect(lastWord('')).toBeUndefined();
	});

	test('is the message, with what to do now', () => {
		const destination = {host: '10.0.0.7', user: 'me', port: 2222, text: 'me@10.0.0.7:2222'};
		expect(connectError(destination, 'me@10.0.0.7: Permission denied (publickey).', false)).toMatchObject({
			exitCode: 3,
			message: 'No connection to me@10.0.0.7:2222: me@10.0.0.7: Permission denied (publickey).',
			advice:
				'Check the user and the key (ssh-add -l shows those of the agent): ssh -p 2222 me@10.0.0.7  must get in without a question.',
		});
		expect(connectError(destination, '', false).message).toBe(
			'No connection to me@10.0.0.7:2222: ssh ended without a word.',
		);
	});
});

describe('A lost machine is asked for again', () => {
	const refused = 'ssh: connect to host box port 22: Connection refused';

	test('after half a second, then twice as long each time, up to 15 s', () => {
		expect([0, 1, 2, 3, 4, 5, 6, 99].map((failures) => backOffMs(failures, refused, 0.5))).toEqual([
			500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000,
		]);
	});

	test('a quarter earlier or later by chance', () => {
		expect([0, 0.5, 1].map((chance) => backOffMs(99, refused, chance))).toEqual([11_250, 15_000, 18_750]);
	});

	test('seldom when it refuses us, which more attempts do not mend', () => {
		const denied = 'me@box: Permission denied (publickey).';
		expect(needsPerson(failureOf(denied))).toBe(true);
		expect([0, 1, 2, 3].map((failures) => backOffMs(failures, denied, 0.5))).toEqual([500, 30_000, 60_000, 60_000]);
	});
});
