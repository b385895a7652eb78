import {describe, expect, test} from 'vitest';
import {readSockets} from '../../../source/engine/host/linux-sockets.ts';
import {linuxProcesses, listenerAt} from '../../../source/engine/watch/linux-processes.ts';
import {startEngineProcess} from '../../support/engine-process.ts';

const head =
	'  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                                                     \n';
/** A line of /proc/net/tcp as kernels write it. */
const line = (address: string, state: string, inode: number) =>
	`   0: ${address} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0000000000000000 100 0 0 10 0\n`;

describe('Sockets that listen', () => {
	test('are reached at any address that needs no network, over IPv4', () => {
		const text = [
			line('0100007F:1F40', '0A', 11),
			line('00000000:2CAA', '0A', 12),
			line('3500007F:0035', '0A', 13),
			line('0164A8C0:1F41', '0A', 14),
			line('0100007F:1F40', '01', 15),
		];
		const sockets = readSockets(head + text.join(''));
		expect(sockets.map(({inode}) => inode)).toEqual(['11', '12', '13', '14']);
		expect(sockets.map(listenerAt)).toEqual([
			{host: '127.0.0.1', port: 8000},
			{host: '127.0.0.1', port: 11_434},
			{host: '127.0.0.1', port: 53},
			undefined,
		]);
	});

	test('are reached over IPv6, and at IPv6 addresses that stand for IPv4', () => {
		const text = [
			line('00000000000000000000000000000000:1F40', '0A', 21),
			line('00000000000000000000000001000000:1F41', '0A', 22),
			line('0000000000000000FFFF00000100007F:1F42', '0A', 23),
			line('000080FE00000000FF005450B6AD1DFE:1F43', '0A', 24),
		];
		expect(readSockets(head + text.join('')).map(listenerAt)).toEqual([
			{host: '127.0.0.1', port: 8000},
			{host: '::1', port: 8001},
			{host: '127.0.0.1', port: 8002},
			undefined,
		]);
	});

	test('are none in a text that is none', () => {
		expect([...readSockets(''), ...readSockets(head), ...readSockets('0: :: 0A\nx')]).toEqual([]);
	});
});

describe.runIf(process.platform === 'linux')('Processes that listen', () => {
	test('are found by their command, with where they listen and who started them, as they come and go', async () => {
		const list = linuxProcesses();
		await list();
		const server = await startEngineProcess({argv0: 'llama-server'});
		const other = await startEngineProcess({argv0: 'some-server'});
		const found = await list();
		expect(found.find(({pid}) => pid === server.pid)).toMatchObject({
			parent: process.pid,
			listens: [{host: '127.0.0.1', port: server.port}],
		});
		expect(found.some(({pid}) => pid === other.pid)).toBe(false);
		await server.stop();
		expect((await list()).filter(({pid}) => pid === server.pid).flatMap(({listens}) => listens)).toEqual([]);
		const next = await startEngineProcess({argv0: 'ollama'});
		expect((await list()).find(({pid}) => pid === next.pid)?.listens).toEqual([{host: '127.0.0.1', port: next.port}]);
	});
});
