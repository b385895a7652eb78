/** The key bar at the foot. */

import {bindings} from './keys.ts';
import {fitLine, joined, type Line, lineWidth, span} from './line.ts';

/** One line of exactly `width` columns; entries that do not fit are left out, the last (how to leave) stays. */
export function footerLine(width: number): Line {
	const entries = bindings.flatMap(({footer}): Line[] =>
		footer === undefined ? [] : [[span(footer.key, 'key'), span(` ${footer.text}`)]],
	);
	while (entries.length > 1 && lineWidth(joined(entries, '   ')) + 2 > width) entries.splice(-2, 1);
	return fitLine([span(' '), ...joined(entries, '   ')], width);
}
