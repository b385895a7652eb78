/** However the program ends, nothing of it is left, neither here nor there. */

import {setTimeout as pause} from 'node:timers/promises';
import {expect, onTestFinished, test} from 'vitest';
import {uniform} from '../../source/engine/load/random.ts';
import {startSimulator} from '../../source/engine/simulator/start.ts';
import {reach, startBox} from '../support/box.ts';
import {fakeNvidiaSmi, recorded} from '../support/fake-nvidia-smi.ts';
import {startProgram, until} from '../support/program.ts';
import {hasSshd} from '../support/sshd.ts';

const kills = 50;
const together = 4;
const signals = ['SIGKILL', 'SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP'] as const;

test.skipIf(!hasSshd)(
	`No ssh, sh or nvidia-smi is left after ${kills} kills at any moment`,
	async () => {
		const server = await startSimulator({mode: 'model', profile: 'vllm-l40s'});
		onTestFinished(() => server.stop());
		const smi = fakeNvidiaSmi({ticks: [{rows: recorded('l40s busy')}]});
		const box = await startBox({programs: [smi.folder]});
		const chance = uniform(7);
		for (let done = 0; done < kills; done += together) {
			const client = reach(box);
			let killed = 0;
			await Promise.all(
				Array.from({length: together}, async () => {
					const load = chance() < 0.5 ? ['-c', '4', '--max-tokens', '20'] : ['--watch'];
					const signal = signals[Math.floor(chance() * signals.length)];
					const [isEarly, moment] = [chance() < 0.4, chance() * 3_000];
					const program = startProgram(['--ssh', box.name, '--url', server.url, '--headless', ...load], client);
					if (!isEarly) {
						await until(
							() =>
								/running \d|Recognised/.test(program.stdout() + program.stderr()) || program.process.exitCode !== null,
							() => `it does nothing: ${program.stdout()}${program.stderr()}`,
						);
					}
					await pause(moment);
					program.process.kill(signal);
					const ended = await program.ended;
					if (ended.signal !== null) killed += 1;
				}),
			);
			await client.nothingLeft({killed});
		}
		expect(smi.calls().length).toBeGreaterThan(0);
	},
	600_000,
);
