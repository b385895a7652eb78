import {expect, test} from 'vitest';
import {createStore} from '../source/store.ts';
import {scenes} from './view/scenes.ts';

test('a store holds the newest snapshot, and none before the first', () => {
	const store = createStore();
	expect(store.get()).toBeUndefined();
	store.set(scenes.opening);
	store.set(scenes.full);
	expect(store.get()).toBe(scenes.full);
});

test('subscribers are told after each new snapshot until they leave', () => {
	const store = createStore();
	const seen: string[] = [];
	const leaveFirst = store.subscribe(() => {
		seen.push(`first ${store.get()?.phase}`);
		leaveFirst();
	});
	const second = () => seen.push('second');
	const leaveSecond = store.subscribe(second);
	const leaveAgain = store.subscribe(second);
	store.set(scenes.opening);
	store.set(scenes.full);
	leaveSecond();
	store.set(scenes.done);
	leaveAgain();
	store.set(scenes.done);
	expect(seen).toEqual(['first opening', 'second', 'second', 'second', 'second', 'second']);
});
