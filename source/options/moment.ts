/** A moment of a session on the command line: the value of --at. */

import {usageError} from '../errors.ts';
import {durationIn, shown} from './values.ts';

/** ms of a clock's `1:30`, `01:30.5` or `1:02:03`, or of a duration like `90s`. */
export function parseMoment(flag: string, text: string): number {
	const [, hours, minutes = '', seconds = ''] = /^(?:(\d{1,4}):)?(\d{1,3}):(\d\d(?:\.\d{1,3})?)$/.exec(text) ?? [];
	if (seconds !== '' && Number(seconds) < 60 && (hours === undefined || Number(minutes) < 60)) {
		return Math.round((Number(hours ?? 0) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000);
	}
	const duration = durationIn(text);
	if (!Number.isNaN(duration)) return duration;
	const example = /^\d{1,6}$/.test(text)
		? `Write ${flag} ${text}s for seconds or ${flag} ${text}:00 for minutes.`
		: `For example: ${flag} 1:30, ${flag} 1:02:03 or ${flag} 90s`;
	throw usageError(`${flag} ${shown(text)}: that is not a moment of a session.`, example);
}
