import {expect, test} from 'vitest';
import {later} from '../../../source/engine/load/later.ts';

/** Resolves when everything asked for before has run. */
function settled(): Promise<void> {
	return new Promise((resolve) => later(resolve));
}

test('what waits runs after the present turn, in its order, also what is added meanwhile', async () => {
	const ran: number[] = [];
	for (let number = 0; number < 5; number++) {
		later(() => {
			ran.push(number);
			if (number === 2) later(() => ran.push(99));
		});
	}
	expect(ran).toEqual([]);
	await settled();
	expect(ran).toEqual([0, 1, 2, 3, 4, 99]);
});

test('long work is spread over turns of the loop, so that others come between', async () => {
	let between = 0;
	let open = true;
	const count = (): void => {
		between += 1;
		if (open) setImmediate(count);
	};
	setImmediate(count);
	for (let number = 0; number < 20; number++) {
		later(() => {
			const end = performance.now() + 0.5;
			while (performance.now() < end);
		});
	}
	await settled();
	open = false;
	expect(between).toBeGreaterThanOrEqual(20);
});
