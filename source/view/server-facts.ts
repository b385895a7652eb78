/** What the server said when it started. */

import {integer} from '../format.ts';
import type {Snapshot} from '../snapshot.ts';
import {fitLine, type Line, span, titleLine} from './line.ts';
import {type Area, exactly, flowing} from './pane.ts';
import {fitText, outside, textWidth} from './text.ts';

export interface Fact {
	readonly name: string;
	readonly value: string;
}

/** Engine, model and context as they were found, then what the server said itself; each name once. */
export function factsOf({target, server}: Snapshot): Fact[] {
	const told = (server?.facts ?? []).map(({name, value}) => ({name: outside(name), value: outside(value)}));
	const version = target.engineVersion === undefined ? '' : ` ${target.engineVersion}`;
	const found: Fact[] = [
		{name: 'engine', value: outside(target.engine + version)},
		...(target.model === undefined ? [] : [{name: 'model', value: outside(target.model)}]),
		...(target.contextLength === undefined
			? []
			: [{name: 'context', value: `${integer(target.contextLength)} tokens`}]),
	];
	const isTold = (name: string) => told.some((fact) => fact.name.toLowerCase() === name);
	return [...found.filter(({name}) => !isTold(name)), ...told];
}

/** Lines that they want, one each and a title. */
export function factHeight(facts: readonly Fact[]): number {
	return facts.length === 0 ? 0 : 1 + facts.length;
}

/** At most `height` lines of `width` columns: one a fact when they fit, else one after the other. */
export function factLines(facts: readonly Fact[], {width, height}: Area): Line[] {
	if (facts.length === 0 || height < 2) return [];
	const title = titleLine('FACTS', [], width);
	const lines =
		factHeight(facts) <= height
			? listed(facts, width)
			: flowing(
					facts.map(({name, value}) => [span(`${name} `, 'quiet'), span(value)]),
					width,
				);
	return exactly([title, ...lines], {width, height: Math.min(height, 1 + lines.length)});
}

function listed(facts: readonly Fact[], width: number): Line[] {
	const nameWidth = Math.min(Math.floor(width / 2), Math.max(...facts.map(({name}) => textWidth(name))));
	return facts.map(({name, value}) => fitLine([span(` ${fitText(name, nameWidth)}  `, 'quiet'), span(value)], width));
}
