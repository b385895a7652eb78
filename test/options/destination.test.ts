import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {parseDestination} from '../../source/options/destination.ts';

describe('--ssh takes a destination', () => {
	test.each([
		['gpu-box', {host: 'gpu-box'}],
		['me@gpu-box', {host: 'gpu-box', user: 'me'}],
		['gpu-box:2222', {host: 'gpu-box', port: 2222}],
		['me@10.0.0.7:22', {host: '10.0.0.7', user: 'me', port: 22}],
		['me@corp@gpu-box', {host: 'gpu-box', user: 'me@corp'}],
		['CORP\\me@gpu-box', {host: 'gpu-box', user: 'CORP\\me'}],
		['fd00::7', {host: 'fd00::7'}],
		['fe80::1%eth0', {host: 'fe80::1%eth0'}],
		['[fd00::7]', {host: 'fd00::7'}],
		['me@[fd00::7]:65535', {host: 'fd00::7', user: 'me', port: 65_535}],
		['büro', {host: 'büro'}],
	])('%s', (text, expected) => {
		expect(parseDestination(text)).toEqual({...expected, text});
	});

	test.each([
		['', 'it is empty'],
		['-oProxyCommand=evil', "a host that begins with '-' would be an option of ssh"],
		['me@-oProxyCommand=evil', "a host that begins with '-' would be an option of ssh"],
		['-l@box', "a user that begins with '-' would be an option of ssh"],
		['[-x]:22', "a host that begins with '-' would be an option of ssh"],
		['@box', 'it has no user'],
		['me@', 'it has no host'],
		[':22', 'it has no host'],
		['box:', "'' is not a port from 1 to 65535"],
		['box:0', "'0' is not a port from 1 to 65535"],
		['box:65536', "'65536' is not a port from 1 to 65535"],
		['box:ssh', "'ssh' is not a port from 1 to 65535"],
		['two words', 'its host has blanks, control characters or characters of a shell'],
		['box\n', 'its host has blanks, control characters or characters of a shell'],
		['$(evil)', 'its host has blanks, control characters or characters of a shell'],
		['a;b@box', 'its user has blanks, control characters or characters of a shell'],
	])('but not %j', (text, why) => {
		expect(() => parseDestination(text)).toThrow(
			expect.objectContaining({name: 'ExpectedError', exitCode: 2, message: expect.stringContaining(`: ${why}.`)}),
		);
	});

	test('and nothing that ssh could take for an option or a shell for more than a word', () => {
		fc.assert(
			fc.property(fc.string({unit: 'binary', maxLength: 12}), (text) => {
				try {
					const {host, user = ''} = parseDestination(text);
					expect(host).not.toMatch(/^-|^$|[\s\p{Cc}'"`$;&|<>(){}\\]/u);
					expect(user).not.toMatch(/^-|[\s\p{Cc}'"`;&|<>(){}]/u);
				} catch (error) {
					expect(error).toMatchObject({name: 'ExpectedError', exitCode: 2});
				}
			}),
		);
	});
});
