import {describe, expect, test} from 'vitest';
import {emptySample} from '../../../source/engine/servers/readings/sample.ts';
import {SampleHistory} from '../../../source/engine/watch/sample-history.ts';

const sampleAt = (second: number, preemptions: number, processStart = 1) => ({
	...emptySample,
	atMs: second * 1000,
	processStart,
	counters: {preemptions},
});

describe('preempted requests', () => {
	test('are those since it is watched, however long that is', () => {
		const history = new SampleHistory();
		for (let second = 0; second <= 120; second++)
			history.add(sampleAt(second, second < 10 ? 100 : 103), second * 1000, 1_000);
		expect(history.reading().preemptions).toBe(3);
	});

	test('are counted anew when the server was started anew', () => {
		const history = new SampleHistory();
		history.add(sampleAt(0, 100), 0, 1_000);
		history.add(sampleAt(1, 107), 1_000, 1_000);
		history.add(sampleAt(2, 1, 2), 2_000, 1_000);
		history.add(sampleAt(3, 3, 2), 3_000, 1_000);
		expect(history.reading().preemptions).toBe(2);
	});
});
