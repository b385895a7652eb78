import {expect, test} from 'vitest';
import {judgePresets, presetFacts} from '../../../../source/engine/host/doctor/presets.ts';
import {createFolder} from './folder.ts';

test("without presets of one's own there is nothing to say", async () => {
	const facts = await presetFacts({XDG_CONFIG_HOME: createFolder().path});
	expect([facts, judgePresets(facts)]).toEqual([{own: [], faults: []}, []]);
});

test('own presets are named, and a file that is none is noted with its fault', async () => {
	const folder = createFolder();
	folder.write('llmtop/presets/mine.json', '{"title": "Mine", "extends": "vllm"}');
	const broken = folder.write('llmtop/presets/broken.json', '{');
	const facts = await presetFacts({XDG_CONFIG_HOME: folder.path});
	expect(facts).toEqual({own: ['mine'], faults: [{message: expect.stringContaining(broken), advice: undefined}]});
	expect(judgePresets(facts)).toEqual([
		{id: 'presets', state: 'ok', text: 'Your own presets: mine.'},
		{id: 'preset-fault', state: 'note', text: facts.faults[0]?.message},
	]);
});
