/**
 * Does a value have the form that schema/preset-1.json gives to preset files? Reads the schema itself, so that there is
 * one truth, and accepts and refuses what a JSON Schema validator would (a test compares with ajv), but in words that a
 * person can act on.
 */

import schema from '../../../schema/preset-1.json' with {type: 'json'};
import {jsonType, typeName} from '../../json-type.ts';

/** The part of JSON Schema (draft 7) that the schema uses. */
interface Schema {
	readonly $ref?: string;
	readonly type?: string | readonly string[];
	readonly required?: readonly string[];
	readonly properties?: Readonly<Record<string, Schema>>;
	readonly additionalProperties?: Schema | boolean;
	readonly propertyNames?: Schema;
	readonly items?: Schema;
	readonly minItems?: number;
	readonly enum?: readonly unknown[];
	readonly minimum?: number;
	readonly minLength?: number;
	readonly pattern?: string;
}

/** A rule that is broken, and where. */
export interface PresetProblem {
	/** From the outside in: `['log', 'failures', 2, 'advice']`. */
	readonly path: readonly (string | number)[];
	/** Says the rule, as the end of a sentence: `must be a text, and is a number`. */
	readonly message: string;
	/** An unknown name, and those that may stand there. */
	readonly unknown?: {readonly name: string; readonly known: readonly string[]};
}

const annotations = ['$schema', '$id', 'title', 'description', 'definitions'];
const keywords = new Set([
	...annotations,
	...['$ref', 'type', 'required', 'properties', 'additionalProperties', 'propertyNames', 'items', 'minItems'],
	...['enum', 'minimum', 'minLength', 'pattern'],
]);
const reference = '#/definitions/';
const whole: Schema = schema;
const definitions: Readonly<Record<string, Schema>> = schema.definitions;

/** The first rule that the value breaks; `undefined`: it has the form of a preset file. */
export function presetProblem(value: unknown): PresetProblem | undefined {
	return problem(whole, value, []);
}

function problem(given: Schema, value: unknown, path: PresetProblem['path']): PresetProblem | undefined {
	const source = resolved(given);
	const types = typeof source.type === 'string' ? [source.type] : source.type;
	const type = jsonType(value);
	if (types?.includes(type) === false) {
		return {path, message: `must be ${types.map(typeName).join(' or ')}, and is ${typeName(type)}`};
	}
	if (source.enum?.includes(value) === false) {
		const [only, ...more] = source.enum.map(String);
		return {path, message: `must be ${more.length === 0 ? only : `one of ${[only, ...more].join(', ')}`}`};
	}
	if (typeof value === 'number') return numberProblem(source, value, path);
	if (typeof value === 'string') return textProblem(source, value, path);
	if (Array.isArray(value)) return listProblem(source, value, path);
	return isObject(value) ? objectProblem(source, value, path) : undefined;
}

function numberProblem({minimum}: Schema, value: number, path: PresetProblem['path']): PresetProblem | undefined {
	return minimum !== undefined && value < minimum ? {path, message: `must be at least ${minimum}`} : undefined;
}

function textProblem(source: Schema, value: string, path: PresetProblem['path']): PresetProblem | undefined {
	if (source.minLength !== undefined && [...value].length < source.minLength)
		return {path, message: 'must not be empty'};
	if (source.pattern === undefined || new RegExp(source.pattern, 'u').test(value)) return undefined;
	return {path, message: forms[source.pattern] ?? `must match ${source.pattern}`};
}

/** What the patterns of the schema ask for. */
const forms: Readonly<Record<string, string>> = {
	'^-': 'must begin with a dash: it is a flag',
	'^/': 'must begin with /: it is the path of a URL',
	'^[0-9]': 'must begin with a digit: it is a version, such as 0.18.0',
	'^[A-Za-z_][A-Za-z0-9_]*$': 'is no name for an environment variable: letters, digits and _ only',
	'^[a-z][a-z0-9-]*$': 'is no name for a parameter: small letters, digits and dashes only',
};

function listProblem(
	source: Schema,
	value: readonly unknown[],
	path: PresetProblem['path'],
): PresetProblem | undefined {
	if (source.minItems !== undefined && value.length < source.minItems) {
		return {path, message: 'must not be an empty list'};
	}
	if (source.items === undefined) return undefined;
	for (const [index, item] of value.entries()) {
		const found = problem(source.items, item, [...path, index]);
		if (found !== undefined) return found;
	}
	return undefined;
}

function objectProblem(
	source: Schema,
	value: Readonly<Record<string, unknown>>,
	path: PresetProblem['path'],
): PresetProblem | undefined {
	const {properties = {}, additionalProperties, propertyNames} = source;
	for (const [name, content] of Object.entries(value)) {
		const at = [...path, name];
		const wrongName = propertyNames === undefined ? undefined : problem(propertyNames, name, at);
		if (wrongName !== undefined) return wrongName;
		const member = Object.hasOwn(properties, name) ? properties[name] : additionalProperties;
		if (member === false) {
			return {path: at, message: 'is not known here', unknown: {name, known: Object.keys(properties)}};
		}
		const found = member === undefined || member === true ? undefined : problem(member, content, at);
		if (found !== undefined) return found;
	}
	const missing = source.required?.find((name) => !Object.hasOwn(value, name));
	return missing === undefined ? undefined : {path: [...path, missing], message: 'is missing'};
}

function resolved(source: Schema): Schema {
	for (const keyword of Object.keys(source)) {
		if (!keywords.has(keyword)) throw new TypeError(`the schema keyword ${keyword} is not known`);
	}
	if (source.$ref === undefined) return source;
	const definition = definitions[source.$ref.slice(reference.length)];
	if (!source.$ref.startsWith(reference) || definition === undefined) {
		throw new TypeError(`the schema reference ${source.$ref} leads nowhere`);
	}
	return definition;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
	return typeof value === 'object' && value !== null;
}
