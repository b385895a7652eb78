/** The thread that counts tokens, beside the load threads and in nobody's way. Importing this file is being it. */

import {parentPort, workerData} from 'node:worker_threads';
import {loadEncoding} from './encodings.ts';
import type {FromTokens, TokensSetup, ToTokens} from './protocol.ts';

if (parentPort === null) throw new Error('The counting thread must be started by counter.ts.');
const port = parentPort;
const {encoding} = workerData as TokensSetup;

const tell = (message: FromTokens): void => port.postMessage(message);

try {
	const count = await loadEncoding(encoding);
	port.on('message', ({texts}: ToTokens) => tell({kind: 'counts', counts: texts.map(count)}));
	tell({kind: 'ready'});
} catch (error) {
	tell({kind: 'unusable', message: error instanceof Error ? error.message : String(error)});
}
