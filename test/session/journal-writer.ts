/**
 * A process that measures for ever and keeps a journal, as fast as it can: a tick of one request each few milliseconds,
 * a new level after each 60 ticks. It says the number of each tick when it has given it to the journal; journal.test.ts
 * kills it.
 */

import {Journal} from '../../source/session/journal.ts';
import {journalHead, levelStart, tickOf, ticksPerLevel} from './journal-lines.ts';

const journal = await Journal.open(process.argv[2] ?? '', journalHead, (text) => process.stderr.write(`${text}\n`));
let number = 0;
setInterval(() => {
	const level = Math.floor(number / ticksPerLevel);
	if (number % ticksPerLevel === 0) {
		if (level > 0) void journal.levelEnd(level - 1, {partial: false, concurrencyChanges: []});
		journal.levelStart(level, levelStart(level));
	}
	journal.tick(level, tickOf(number));
	process.stdout.write(`${number}\n`);
	number += 1;
}, 4);
