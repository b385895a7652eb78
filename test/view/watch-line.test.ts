import {expect, test} from 'vitest';
import type {ServerReading, Snapshot} from '../../source/snapshot.ts';
import {watchLines} from '../../source/view/watch-line.ts';
import {hosts, links} from './scenes/boxes.ts';
import {gpus} from './scenes/gpus.ts';
import {servers} from './scenes/server.ts';
import {special, watched} from './scenes/watching.ts';
import {scenes} from './scenes.ts';

const {level: _, gpu: __, server: ___, marks: ____, ...others} = scenes.full;
const empty: Snapshot = {
	...others,
	atMs: 65_000,
	phase: 'watching',
	target: {url: 'http://127.0.0.1:8000', engine: 'vllm', engineVersion: '0.32.0', model: 'Qwen/Qwen3-0.6B'},
	workload: '',
	plan: {mode: 'closed', levels: [], repeat: 1},
	levelIndex: 0,
	finished: [],
	streams: [],
	notes: [],
};
const seen = (server: ServerReading): Snapshot => ({...empty, server});
const name = '1:05 vllm http://127.0.0.1:8000 Qwen/Qwen3-0.6B:';

test('a line has the numbers of the view in its words', () => {
	expect(watchLines(undefined, seen(servers.full))).toEqual([
		`${name} KV cache 61%, running 32, waiting 0, prefix hits 0%, preempted 0, prompt 412 tok/s, generated 1,512 tok/s, TTFT ms p50 131 p99 350, gap ms p50 20.4 p99 36.1, queue ms p50 0.30 p99 4.20`,
	]);
	expect(watchLines(undefined, seen(servers.pressed))).toEqual([
		expect.stringContaining('KV cache 99%!, running 11, waiting 9!, prefix hits 83%, preempted 47!'),
	]);
});

test('each server has a line, one that is down says why, and its parts have lines of their own', () => {
	const lines = watchLines(undefined, {...empty, watched, server: special.ranks});
	expect(lines.map((line) => line.split(/[,:] /, 2).join(' | '))).toEqual([
		'note | http://127.0.0.1:11434',
		'1:05 vllm http://127.0.0.1:8000 Qwen/Qwen3-30B-A3B-Instruct-2507-FP8 | KV cache 61%',
		'1:05 ollama http://127.0.0.1:11434 llama3.1:8b | running 3',
		'1:05 sglang http://gpu-2.example:30000 meta-llama/Llama-3.1-8B-Instruct | DOWN',
	]);
	expect(lines.at(-1)).toMatch(/: DOWN, connection refused$/);
	expect(watchLines(undefined, seen(special.ranks)).slice(1)).toEqual([
		'1:05 http://127.0.0.1:8000 rank 0: KV cache 63%, running 17, waiting 0, generated 803 tok/s',
		'1:05 http://127.0.0.1:8000 rank 1: KV cache 59%, running 15, waiting 2!, generated 709 tok/s',
	]);
});

test('what is old says how old it is, and who has no counters what else is known of it', () => {
	expect(watchLines(undefined, seen(servers.stale))[0]).toMatch(`${name} 12 s old, KV cache 61%`);
	const model = {name: 'llama3.1:8b', value: '4.9 GiB, all on the GPU'};
	expect([
		...watchLines(undefined, empty),
		...watchLines(undefined, seen({ageMs: 0, facts: [], series: []})),
		...watchLines(undefined, seen({ageMs: 60_000, facts: [model], series: []})),
	]).toEqual([
		`${name} no answer yet`,
		`${name} up, tells nothing of itself`,
		`${name} llama3.1:8b 4.9 GiB, all on the GPU`,
	]);
});

test('all GPUs have one line', () => {
	expect(watchLines(undefined, {...seen(servers.idle), gpu: gpus.two}).slice(1)).toEqual([
		'1:05 GPU: 40% 38%, 323 W, 46.3/90.0 GiB',
	]);
});

test('what must be known of the GPUs is said once, and so is why nothing new comes', () => {
	const noted = {...seen(servers.idle), gpu: gpus.noted};
	const silent = {...noted, gpu: {...gpus.noted, note: 'nvidia-smi does not answer.'}};
	const notes = (previous: Snapshot | undefined, next: Snapshot) =>
		watchLines(previous, next).filter((line) => line.startsWith('note: '));
	expect(notes(undefined, noted)).toEqual([
		'note: GPU 0: MIG 2 × 3g.40gb, 1g.10gb',
		'note: GPU 1: unified memory: that of the machine',
	]);
	expect([notes(noted, silent), notes(silent, silent)]).toEqual([['note: nvidia-smi does not answer.'], []]);
});

test('a note appears once, as long as it holds; without a server there is nothing else', () => {
	const looking = {...empty, target: {url: '', engine: 'no server yet'}, notes: ['Looking\u001b[2J for a server.']};
	const found = {...seen(special.noted), notes: []};
	expect([
		watchLines(undefined, looking),
		watchLines(looking, looking),
		watchLines(looking, found).slice(0, -1),
		watchLines(found, found).slice(0, -1),
	]).toEqual([
		['note: Looking for a server.'],
		[],
		['note: Ollama tells no counters: running and waiting are counted from its log'],
		[],
	]);
});

test('text from outside cannot steer a terminal', () => {
	const target = {url: 'http://127.0.0.1:8000', engine: 'vllm', model: 'a\u001b[31m\nb'};
	const server = {ageMs: 0, facts: [], series: [], down: 'gone\r\u0007'};
	expect(watchLines(undefined, {...empty, target, server})).toEqual([
		'1:05 vllm http://127.0.0.1:8000 a b: DOWN, gone',
	]);
});

test('of another machine its figures stand in a line of their own', () => {
	expect(watchLines(undefined, scenes.boxWatched).slice(1)).toEqual([
		'1:24 GPU: 95% 93%, 530 W, 88.4/90.0 GiB, 2.90 tok/J',
		'1:24 HOST me@gpu-box: CPU 23%, mem 61.2/251.6 GiB, load 5.10, disk 812 kB/s, net 12.0 MB/s',
	]);
	expect(watchLines(undefined, {...scenes.boxWatched, host: hosts.stale}).at(-1)).toBe(
		'1:24 HOST me@gpu-box: 12 s old, CPU 23%, mem 61.2/251.6 GiB, load 5.10, disk 812 kB/s, net 12.0 MB/s',
	);
});

test('a machine that is not reached has one line, and a note when that begins and ends', () => {
	const {boxWatched, boxDown} = scenes;
	const why = 'ssh: connect to host gpu-box port 22: Connection timed out';
	const line = `1:24 me@gpu-box: DOWN 12 s, ${why}`;
	expect([watchLines(boxWatched, boxDown), watchLines(boxDown, boxDown)]).toEqual([
		[`note: no connection to me@gpu-box, trying again: ${why}`, line],
		[line],
	]);
	expect(watchLines(boxDown, boxWatched)[0]).toBe('note: connected to me@gpu-box again, after 12 s');
	// The server is asked at its own address: its figures go on.
	expect(watchLines(boxDown, {...boxWatched, link: links.directDown}).slice(0, 2)).toEqual([
		expect.stringMatching(/^1:24 vllm .*generated 1,512 tok\/s/),
		expect.stringMatching(/^1:24 GPU: /),
	]);
});

test('of several machines each line begins with the name of its own', () => {
	const lines = watchLines(undefined, scenes.boxesFive);
	expect(lines.map((text) => text.split(/(?<=[a-z0-9]): | http/)[0])).toEqual([
		'note',
		'note',
		'1:24 me@gpu-a vllm',
		'1:24 me@gpu-a GPU: 95% 93%, 530 W, 88.4/90.0 GiB, 2.90 tok/J',
		'1:24 me@gpu-a HOST: CPU 23%, mem 61.2/251.6 GiB, load 5.10, disk 812 kB/s, net 12.0 MB/s',
		'1:24 me@gpu-b ollama',
		'1:24 me@gpu-b sglang',
		'1:24 me@gpu-b GPU: 40% 38%, 323 W, 46.3/90.0 GiB',
		'1:24 me@gpu-b HOST: CPU 4%, mem 61.2/251.6 GiB, load 0.61, disk 812 kB/s, net 4.1 kB/s',
		'1:24 root@10.0.0.7',
		'1:24 me@cpu-box',
		'1:24 me@cpu-box HOST: CPU 8%, load 1.40',
		'1:24 me@gpu-h100 vllm',
		'1:24 me@gpu-h100 GPU: 8 × 4% to 99%, 4,389 W, 558.9/637.2 GiB, 1.31 tok/J',
		'1:24 me@gpu-h100 HOST: CPU 97%!, mem 249.0/251.6 GiB!, load 131!, disk 2.3 GB/s, net 12.0 MB/s',
	]);
	expect(lines).toEqual(
		expect.arrayContaining([
			'note: no connection to root@10.0.0.7, trying again: Connection to 10.0.0.7 port 22 timed out',
			'note: me@gpu-b: No log of the server on me@gpu-b: its process writes to /dev/null.',
			'1:24 root@10.0.0.7: DOWN 31 s, Connection to 10.0.0.7 port 22 timed out',
			'1:24 me@cpu-box: no server found yet',
		]),
	);
});

test('notes of the servers and GPUs of several machines are told under their names, each once', () => {
	const [first, ...boxes] = scenes.boxesTwo.boxes ?? [];
	if (first === undefined) throw new Error('there are two');
	const noted = {...first, gpu: {...gpus.noted, note: 'the driver was restarted'}};
	const snapshot = {...scenes.boxesTwo, boxes: [noted, ...boxes]};
	const notes = (previous: Snapshot | undefined) =>
		watchLines(previous, snapshot).filter((text) => text.startsWith('note: '));
	expect(notes(undefined)).toEqual([
		'note: me@gpu-a: GPU 0: MIG 2 × 3g.40gb, 1g.10gb',
		'note: me@gpu-a: GPU 1: unified memory: that of the machine',
		'note: me@gpu-a: the driver was restarted',
	]);
	expect(notes(snapshot)).toEqual([]);
});
