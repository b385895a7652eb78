/** A process that may write only small files, and goes on measuring when its journal has no more room. */

import {Journal} from '../../source/session/journal.ts';
import {journalHead, levelStart, tickOf} from './journal-lines.ts';

const journal = await Journal.open(process.argv[2] ?? '', journalHead, (text) => process.stdout.write(`${text}\n`));
journal.levelStart(0, {...levelStart(0)});
let count = 0;
for (; count < 1000; count++) {
	journal.tick(0, tickOf(count % 60));
	if (count % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
}
await journal.levelEnd(0, {partial: false, concurrencyChanges: []});
await journal.end(false);
process.stdout.write(`measured ${count} ticks\n`);
