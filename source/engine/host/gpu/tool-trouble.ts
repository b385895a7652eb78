/** What went wrong with a tool, as one calm line: what it means, not what it printed. */

import {errorLine} from '../../servers/error-line.ts';
import type {GpuTrouble} from './gpu-source.ts';
import type {ToolOutput} from './tools.ts';

/** Known messages, and what they mean. The first that fits is it. */
export type KnownTrouble = readonly (readonly [pattern: RegExp, line: string])[];

/** The line for an output that held no figures. */
export function toolTrouble(tool: string, output: ToolOutput, known: KnownTrouble = []): GpuTrouble {
	const trouble = troubleLine(tool, output, known);
	return output.ended === 'cut off' ? {trouble, isCutOff: true} : {trouble};
}

function troubleLine(tool: string, output: ToolOutput, known: KnownTrouble): string {
	const written = `${output.stdout}\n${output.stderr}`;
	const line = known.find(([pattern]) => pattern.test(written))?.[1];
	if (line !== undefined) return line;
	switch (output.ended) {
		case 'deadline':
			return `${tool} does not answer (waited ${waited(output)}); the driver may hang.`;
		case 'stuck':
			return `${tool} hangs in the driver and cannot be ended. Waiting for it.`;
		case 'not started':
			return `${tool} could not be run: ${errorLine(output.stderr)}.`;
		case 'stopped':
			return `${tool} was stopped.`;
		case 'cut off':
			return `${errorLine(output.stderr)}.`;
		case 'by itself':
			return unknownLine(tool, output, written);
		default:
			return output.ended satisfies never;
	}
}

function waited({waitedMs = 0}: ToolOutput): string {
	return waitedMs < 1000 ? `${Math.round(waitedMs)} ms` : `${Math.round(waitedMs / 1000)} s`;
}

function unknownLine(tool: string, {exitCode}: ToolOutput, written: string): string {
	const first = errorLine(written.trim().split('\n')[0] ?? '');
	if (first !== '' && exitCode !== 0) return `${tool} failed: ${first}`;
	return exitCode === 0 || exitCode === undefined
		? `${tool} told of no GPU.`
		: `${tool} ended with exit code ${exitCode} and told of no GPU.`;
}
