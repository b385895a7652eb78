import {expect, test} from 'vitest';
import {whileUp} from '../../../source/engine/ssh/link-wait.ts';
import {ExpectedError, exitCode} from '../../../source/errors.ts';
import type {LinkReading} from '../../../source/snapshot.ts';

const up: LinkReading = {name: 'gpu-box', way: 'tunnel'};
const down: LinkReading = {...up, down: {sinceMs: 1, why: 'Broken pipe'}};
const refused = () => new ExpectedError('The connections could not be opened.', {exitCode: exitCode.unreachable});

test('Nothing is opened while the connection is down, and at once when it is up', async () => {
	let link = down;
	let looks = 0;
	const opened = whileUp(async () => link, {
		link: () => {
			if (++looks === 3) link = up;
			return link;
		},
		unwanted: () => false,
	});
	expect(await opened).toBe(up);
});

test('What failed because the connection was lost meanwhile is opened again', async () => {
	let link = up;
	let tries = 0;
	const opened = whileUp(
		async () => {
			tries += 1;
			if (tries > 1) return 'open';
			link = down;
			setTimeout(() => {
				link = up;
			}, 250);
			throw refused();
		},
		{link: () => link, unwanted: () => false},
	);
	expect([await opened, tries]).toEqual(['open', 2]);
});

test('What failed while the connection stood has failed', async () => {
	const opened = whileUp(() => Promise.reject(refused()), {link: () => up, unwanted: () => false});
	await expect(opened).rejects.toThrow('The connections could not be opened.');
});

test('Whoever does not want it any more need not wait', async () => {
	let looks = 0;
	const opened = whileUp(async () => 'open', {link: () => down, unwanted: () => ++looks > 2});
	expect(await opened).toBeUndefined();
});
