/** A process that starts a simulator, says where it is, and waits to be killed. */

import {startSimulator} from '../../../source/engine/simulator/start.ts';

const {url, pid} = await startSimulator({mode: 'timetable'});
process.stdout.write(`${JSON.stringify({url, pid})}\n`);
