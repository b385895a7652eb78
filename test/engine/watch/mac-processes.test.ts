import {expect, test} from 'vitest';
import {readLsof, readPs} from '../../../source/engine/watch/mac-processes.ts';

test('engines are read from what ps says on macOS', () => {
	const text = [
		'    1     0 /sbin/launchd',
		'  812     1 /Applications/Ollama.app/Contents/Resources/ollama serve',
		' 9041   812 /Applications/Ollama.app/Contents/Resources/llama-server --model x --port 52011',
		' 9100   411 -zsh',
		'',
	].join('\n');
	expect(readPs(text)).toEqual([
		{pid: 812, parent: 1, argv: ['/Applications/Ollama.app/Contents/Resources/ollama', 'serve']},
		{
			pid: 9041,
			parent: 812,
			argv: ['/Applications/Ollama.app/Contents/Resources/llama-server', '--model', 'x', '--port', '52011'],
		},
	]);
});

test('where they listen is read from the fields of lsof, without addresses of the network', () => {
	const text = 'p812\nf3\nn127.0.0.1:11434\nf4\nn[::1]:11434\np9041\nf7\nn*:52011\nf8\nn192.168.1.4:52012\np9300\n';
	expect([...readLsof(text)]).toEqual([
		[
			812,
			[
				{host: '127.0.0.1', port: 11_434},
				{host: '::1', port: 11_434},
			],
		],
		[9041, [{host: '127.0.0.1', port: 52_011}]],
		[9300, []],
	]);
	expect([...readLsof('')]).toEqual([]);
});
