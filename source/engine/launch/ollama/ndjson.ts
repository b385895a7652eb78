/** JSON, one value a line, out of bytes that come in any pieces. */

import {StringDecoder} from 'node:string_decoder';

/** Values in order; the last line may lack its end. Throws a `SyntaxError` at a line that is not JSON. */
export async function* ndjson(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<unknown> {
	const decoder = new StringDecoder('utf8');
	let rest = '';
	for await (const piece of pieces) {
		const lines = `${rest}${decoder.write(piece)}`.split('\n');
		rest = lines.pop() ?? '';
		for (const line of lines) if (line.trim() !== '') yield JSON.parse(line);
	}
	rest += decoder.end();
	if (rest.trim() !== '') yield JSON.parse(rest);
}
