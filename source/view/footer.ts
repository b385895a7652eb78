/** The key bar at the foot. */

import {bindings, type Situation} from './key-table.ts';
import {isInFooter} from './keys.ts';
import {fitLine, joined, type Line, lineWidth, span} from './line.ts';

/**
 * One line of exactly `width` columns: the keys that mean something now. Where room is short those with the highest
 * rank are left out; how to leave stays.
 */
export function footerLine(width: number, situation: Situation): Line {
	const entries = bindings.flatMap((binding) =>
		binding.footer !== undefined && isInFooter(binding, situation) ? [binding.footer] : [],
	);
	const bar = () =>
		joined(
			entries.map(({key, text}) => [span(key, 'key'), span(` ${text}`)]),
			'  ',
		);
	while (entries.length > 1 && lineWidth(bar()) + 2 > width) {
		const ranks = entries.map(({rank}) => rank);
		entries.splice(ranks.indexOf(Math.max(...ranks)), 1);
	}
	return fitLine([span(' '), ...bar()], width);
}
