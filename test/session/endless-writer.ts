/** A process that writes a file which never ends, and says when it has begun; file.test.ts kills it. */

import {writeText} from '../../source/session/file.ts';

function* endless(): Generator<string> {
	for (let count = 0; ; count++) {
		if (count === 64) process.stdout.write('writing\n');
		yield 'x'.repeat(16 * 1024);
	}
}

await writeText(process.argv[2] ?? '', endless());
