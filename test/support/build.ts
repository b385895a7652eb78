/** Builds the program once before all tests, so that end-to-end tests run what is shipped. */

import {buildProgram} from '../../scripts/build.ts';

export async function setup(): Promise<void> {
	const {LLMTOP_TEST_SKIP_BUILD: skipped} = process.env;
	if (skipped === '1') return;
	await buildProgram();
}
