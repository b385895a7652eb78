/** A comparison as one JSON document: the sessions as each is saved, and what came of the other machines. */

import {plainText} from '../format.ts';
import {sessionChunks} from '../session/document.ts';
import type {Compared} from './compare.ts';

/**
 * `{"sessions": […], "failed": [{"machine": "b", "why": "…"}]}`, in pieces: a session can hold a million requests. Which
 * machine a session is of stands in its `target.box.name`. One that was measured in part may be in both.
 */
export function* compareChunks(compared: readonly Compared[]): Generator<string> {
	yield '{\n"sessions": [\n';
	let before = '';
	for (const {session} of compared) {
		if (session === undefined) continue;
		yield before;
		yield* sessionChunks(session);
		before = ',\n';
	}
	const failed = compared.flatMap(({name: machine, trouble}) =>
		trouble === undefined ? [] : [{machine, why: plainText(trouble)}],
	);
	yield `],\n"failed": ${JSON.stringify(failed)}\n}\n`;
}
