/** What speaks against the client of a level, and how such things are put into words. */

export interface Finding {
	/** It made the level a measurement of the client; else it may have. */
	readonly limited: boolean;
	/** A clause with its figures. */
	readonly text: string;
}

/** 0.1234 is `12.3 %`; whole numbers from 100 % on. */
export function percent(ratio: number): string {
	const hundredths = ratio * 100;
	return `${hundredths === 0 || hundredths >= 99.95 ? hundredths.toFixed(0) : hundredths.toFixed(1)} %`;
}
