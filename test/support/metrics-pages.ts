/** Pages of metrics for tests: recorded ones, and ones written from what should be on them. */

import {Buffer} from 'node:buffer';
import {readFileSync} from 'node:fs';
import {readWholeResponse} from './plain-response.ts';
import {allRecordings} from './replay-server.ts';

/** The body of a recorded answer. */
export function recordedBody(folder: string, name: string): string {
	const recording = allRecordings().find((one) => one.folder === folder && one.name === name);
	if (recording === undefined) throw new Error(`there is no recording ${folder}/${name}`);
	const body = readWholeResponse(Buffer.concat(recording.reads))?.body;
	if (body === undefined) throw new Error(`${folder}/${name} has no whole answer`);
	return body.toString('utf8');
}

/** A page written after the documentation of an engine (test/fixtures/metrics). */
export function writtenPage(name: string): string {
	return readFileSync(new URL(`../fixtures/metrics/${name}.txt`, import.meta.url), 'utf8');
}

export interface WrittenSample {
	readonly labels: ReadonlyMap<string, string>;
	readonly value: number;
	readonly timestamp?: number;
	readonly exemplar?: {
		readonly labels: ReadonlyMap<string, string>;
		readonly value: number;
		readonly timestamp?: number;
	};
}

/** How a page is laid out where the format leaves a choice. */
export interface PageStyle {
	readonly blank: string;
	readonly lineEnd: string;
	readonly commaAtEnd: boolean;
}

export function numberText(value: number): string {
	if (Number.isNaN(value)) return 'NaN';
	if (Math.abs(value) === Number.POSITIVE_INFINITY) return value > 0 ? '+Inf' : '-Inf';
	return Object.is(value, -0) ? '-0' : String(value);
}

export function labelText(labels: ReadonlyMap<string, string>, {blank, commaAtEnd}: PageStyle): string {
	const pairs = [...labels].map(([name, value]) => `${name}${blank}=${blank}"${escaped(value)}"`);
	return `{${blank}${pairs.join(`${blank},${blank}`)}${pairs.length > 0 && commaAtEnd ? ',' : ''}${blank}}`;
}

function escaped(value: string): string {
	return value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
}

export function sampleLine(name: string, sample: WrittenSample, style: PageStyle): string {
	const {blank} = style;
	const labels = sample.labels.size === 0 ? '' : labelText(sample.labels, style);
	const words = [`${blank}${name}${labels}`, numberText(sample.value)];
	if (sample.timestamp !== undefined) words.push(numberText(sample.timestamp));
	if (sample.exemplar !== undefined) {
		words.push('#', labelText(sample.exemplar.labels, style), numberText(sample.exemplar.value));
		if (sample.exemplar.timestamp !== undefined) words.push(numberText(sample.exemplar.timestamp));
	}
	return `${words.join(` ${blank}`)}${style.lineEnd}`;
}
