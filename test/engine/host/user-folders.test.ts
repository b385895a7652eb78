import {homedir} from 'node:os';
import {describe, expect, test} from 'vitest';
import {userFolder} from '../../../source/engine/host/user-folders.ts';

describe("A person's folder", () => {
	test.each([
		['config', 'XDG_CONFIG_HOME', '.config'],
		['cache', 'XDG_CACHE_HOME', '.cache'],
		['state', 'XDG_STATE_HOME', '.local/state'],
	] as const)('for %s is in $%s, else below the home folder; a relative path does not count', (kind, name, usual) => {
		expect(userFolder(kind, {[name]: '/mine', HOME: '/home/me'})).toBe('/mine/llmtop');
		expect(userFolder(kind, {HOME: '/home/me'})).toBe(`/home/me/${usual}/llmtop`);
		expect(userFolder(kind, {[name]: '', HOME: '/home/me'})).toBe(`/home/me/${usual}/llmtop`);
		expect(userFolder(kind, {[name]: 'mine', HOME: ''})).toBe(`${homedir()}/${usual}/llmtop`);
	});
});
