import {expect, test} from 'vitest';
import {LinkLosses} from '../../source/commands/link-losses.ts';
import type {LinkReading} from '../../source/snapshot.ts';

test('A session tells when the connection was lost, by its last sign, and when it was back', () => {
	const told: unknown[] = [];
	let atMs = 60_000;
	let link: LinkReading = {name: 'me@gpu-box', way: 'tunnel', roundTripMs: 11};
	const losses = new LinkLosses({
		link: () => link,
		mark: (text, agoMs = 0) => told.push({mark: text, atMs: atMs - agoMs}),
		note: (text) => told.push(text),
		atMs: () => atMs,
	});
	losses.look();
	expect(told).toEqual([]);

	link = {name: 'me@gpu-box', way: 'tunnel', down: {sinceMs: 15_000, why: 'Timeout, server not responding.'}};
	losses.look();
	// Another reason, and still the same loss.
	atMs = 62_000;
	link = {name: 'me@gpu-box', way: 'tunnel', down: {sinceMs: 17_000, why: 'Connection refused'}};
	losses.look();
	atMs = 70_500;
	link = {name: 'me@gpu-box', way: 'tunnel', roundTripMs: 12};
	losses.look();
	losses.look();
	expect(told).toEqual([
		{mark: 'connection to me@gpu-box lost', atMs: 45_000},
		'The connection to me@gpu-box was lost at 0:45 of the session (Timeout, server not responding). Requests that this costs are counted as what becomes of them.',
		{mark: 'connection to me@gpu-box back', atMs: 70_500},
		'The connection to me@gpu-box was back after 25.5 s.',
	]);
});
