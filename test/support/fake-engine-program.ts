/** What the executables of fake-engine.ts run: the first argument is the engine, the rest its command line. */

import {readBehaviour} from './fake-engines/behaviour.ts';
import {runEngine} from './fake-engines/engine.ts';
import {llamaServer} from './fake-engines/llama-server.ts';
import {ollama} from './fake-engines/ollama.ts';
import {sglang} from './fake-engines/sglang.ts';
import {vllm} from './fake-engines/vllm.ts';

const [, , name = '', ...argv] = process.argv;
const engines = {vllm, ollama, 'llama-server': llamaServer, python3: sglang};
const found = Object.entries(engines).find(([program]) => program === name);
if (found === undefined) throw new Error(`there is no fake ${name}`);
const behaviour = readBehaviour(process.env);
await runEngine(await found[1](argv, behaviour), behaviour);
