/** What a screen reader is told of the machines that servers run on, where these are others. */

import {bytes, integer, percent} from '../format.ts';
import type {BoxWay, HostReading, Snapshot} from '../snapshot.ts';
import {isHostStale} from './host-pane.ts';
import {linksOf} from './link-words.ts';
import {known, type Topic} from './reader-topic.ts';
import {outside} from './text.ts';

/** How each machine that is reached over SSH is used, and how far away it is. That it is lost or back is told as it happens. */
export function linkTopics(snapshot: Snapshot): Topic[] {
	return linksOf(snapshot).map(({name, way, roundTripMs, down}) => ({
		subject: `Machine ${outside(name)}`,
		values: {
			way: wayWords[way],
			trip: known(down === undefined ? roundTripMs : undefined, (ms) => `round trip ${aboutMs(ms)}`),
		},
	}));
}

const wayWords: Readonly<Record<BoxWay, string>> = {
	tunnel: 'through SSH',
	direct: 'SSH, and HTTP directly',
	there: 'the load runs there',
};

/** To the nearest of 1, 2, 5, 10, 20, 50, …, so that not each round trip is told. */
function aboutMs(ms: number): string {
	if (ms < 0.7) return 'under a millisecond';
	const size = 10 ** Math.floor(Math.log10(ms));
	const steps = [1, 2, 5, 10].map((step) => step * size);
	const distance = (step: number) => Math.abs(Math.log(step / ms));
	const nearest = Math.max(
		1,
		Math.round(steps.reduce((best, step) => (distance(step) < distance(best) ? step : best))),
	);
	return `about ${integer(nearest)} ${nearest === 1 ? 'millisecond' : 'milliseconds'}`;
}

function inTenths(share: number): string {
	const tenths = Math.round(share * 10) / 10;
	return tenths === 0 ? 'under 5%' : `about ${percent(tenths)}`;
}

/** Busy share in tenths: it changes all the time. */
export function hostTopic(host: HostReading): Topic {
	const subject = 'Host';
	if (isHostStale(host)) return {subject, values: {stale: 'no new figures'}};
	const {cpu, memoryUsedBytes, memoryTotalBytes} = host;
	return {
		subject,
		values: {
			cpu: known(cpu, (share) => `CPU ${inTenths(share)}`),
			memory: known(memoryUsedBytes, (used) => {
				const total = known(memoryTotalBytes, (total) => ` of ${bytes(total)}`);
				return `${bytes(used)}${total} in use`;
			}),
		},
	};
}
