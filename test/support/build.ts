/** Builds the program once before all tests, so that end-to-end tests run what is shipped. */

import {buildProgram} from '../../scripts/build.ts';

export async function setup(): Promise<void> {
	if (process.env['LLMTOP_TEST_SKIP_BUILD'] === '1') return;
	await buildProgram();
}
