import {defineConfig} from 'vitest/config';
import {inkTableModule} from './scripts/ink-table-plugin.ts';

export default defineConfig({
	plugins: [
		{
			name: 'ink-table',
			enforce: 'pre',
			resolveId: (id) => (id === 'ink-table' ? '\0ink-table' : undefined),
			load: (id) => (id === '\0ink-table' ? inkTableModule() : undefined),
		},
	],
	test: {
		include: ['test/**/*.test.{ts,tsx}'],
		pool: 'forks',
		maxWorkers: 2,
		// Real processes, sockets and terminals on a machine that others use: one more try, which the report tells of.
		retry: process.env.CI === undefined ? 0 : 1,
		testTimeout: 60_000,
		hookTimeout: 120_000,
		globalSetup: ['test/support/build.ts'],
		env: {FORCE_COLOR: '0', NO_COLOR: '1'},
	},
});
