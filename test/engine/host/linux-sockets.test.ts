import {describe, expect, onTestFinished, test} from 'vitest';
import {listeningSockets, openSockets, readSockets} from '../../../source/engine/host/linux-sockets.ts';
import {startRawServer} from '../../support/raw-server.ts';

describe('Sockets that listen', () => {
	test('are read as Linux lists them, without those of open connections', () => {
		const text = [
			'  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
			'   0: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 3037936 1 0 100 0',
			'   1: 0100007F:1F40 0100007F:8A2C 01 00000000:00000000 00:00000000 00000000     0        0 3037940 1 0 20 4',
			'   2: 00000000000000000000000000000000:1F40 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 55 1 0',
		].join('\n');
		expect(readSockets(text)).toEqual([
			{inode: '3037936', address: '0100007F', port: 8000},
			{inode: '55', address: '00000000000000000000000000000000', port: 8000},
		]);
	});

	test('are none in a text that lists none', () => {
		expect(['', 'sl local_address\n', '0: :: 0A\nx', '0: 0100007F:1F40 0:0 0A'].flatMap(readSockets)).toEqual([]);
	});

	test.runIf(process.platform === 'linux')('are among the open ones of the process that holds them', async () => {
		const server = await startRawServer({onRequest: (socket) => socket.end()});
		onTestFinished(() => server.close());
		const listening = (await listeningSockets()).find(({port}) => port === server.port);
		expect(listening?.address).toBe('0100007F');
		expect(await openSockets(process.pid)).toContain(listening?.inode);
	});
});

describe('The open sockets of a process', () => {
	test('are none when there is no such process', async () => {
		expect(await openSockets(2 ** 30)).toEqual([]);
	});
});
