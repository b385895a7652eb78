import {readFileSync} from 'node:fs';
import {expect, test} from 'vitest';
import {isEnough, leastNode} from '../../../source/engine/host/node-version.ts';

test('The oldest Node is the one that package.json names', () => {
	const {engines} = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
	expect(engines.node).toBe(`>=${leastNode}`);
});

test.each([
	['22.19.0', true],
	['22.20.1', true],
	['24.0.0', true],
	['22.18.9', false],
	['20.20.2', false],
	['22', false],
	['', false],
])('Node %j runs this program: %j', (version, runs) => {
	expect(isEnough(version)).toBe(runs);
});
