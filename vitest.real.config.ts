import {defineConfig} from 'vitest/config';

/** `npm run test:real`: the suite against a real server, named by LLMTOP_TEST_URL. */
export default defineConfig({
	test: {
		include: ['test/real/**/*.real.ts'],
		pool: 'forks',
		// One file after the other: the server's counters are held against ours, so nobody else may load it.
		maxWorkers: 1,
		testTimeout: 600_000,
		hookTimeout: 600_000,
		globalSetup: ['test/real/setup.ts'],
	},
});
