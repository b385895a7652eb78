/**
 * The session schema (schema/session-1.json) as the writer and the reader use it: references resolved, sets built.
 * One file so decides what is written, in which order, and what is accepted. Only the keywords that it uses are known
 * here; another one is a bug and throws.
 */

import schema from '../../schema/session-1.json' with {type: 'json'};

/** The part of JSON Schema (draft 7) that our schemas use. */
export interface Schema {
	readonly $ref?: string;
	readonly type?: string | readonly string[];
	readonly anyOf?: readonly Schema[];
	readonly required?: readonly string[];
	readonly properties?: Readonly<Record<string, Schema>>;
	readonly additionalProperties?: Schema;
	readonly propertyNames?: Schema;
	readonly items?: Schema;
	readonly enum?: readonly string[];
	readonly const?: number | string;
	readonly minimum?: number;
	readonly maximum?: number;
	readonly pattern?: string;
}

/** What one place of a document may hold. */
export interface Shape {
	/** JSON types, `integer` among them. */
	readonly types: readonly string[];
	/** Named members of an object, in the order in which they are written. */
	readonly members: readonly Member[];
	/** What members without a name in `members` hold; absent: they mean nothing. */
	readonly rest?: Shape;
	/** The only names that members may have. */
	readonly names?: ReadonlySet<string>;
	readonly items?: Shape;
	readonly values?: ReadonlySet<unknown>;
	readonly minimum?: number;
	readonly maximum?: number;
	readonly pattern?: RegExp;
	/** An object about whose members nothing is said: copied as it is. */
	readonly free: boolean;
}

interface Member {
	readonly name: string;
	readonly required: boolean;
	readonly shape: Shape;
}

const annotations = ['$schema', '$id', 'title', 'description', 'definitions'];
const keywords = new Set([
	...annotations,
	...['$ref', 'type', 'anyOf', 'required', 'properties', 'additionalProperties', 'propertyNames', 'items'],
	...['enum', 'const', 'minimum', 'maximum', 'pattern'],
]);
const reference = '#/definitions/';
const definitions: Readonly<Record<string, Schema>> = schema.definitions;
const resolved = new Map<string, Shape>();

/** A JSON object, as far as TypeScript is concerned. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads a schema whose references point into the session schema's definitions. Throws on a keyword unknown here. */
export function shapeOf(source: Schema): Shape {
	for (const keyword of Object.keys(source)) {
		if (!keywords.has(keyword)) throw new TypeError(`the schema keyword ${keyword} is not known`);
	}
	if (source.$ref !== undefined) return definitionShape(source.$ref);
	if (source.anyOf !== undefined) return nullableShape(source.anyOf);
	const members = Object.entries(source.properties ?? {}).map(([name, member]) => ({
		name,
		required: source.required?.includes(name) === true,
		shape: shapeOf(member),
	}));
	const types = typeof source.type === 'string' ? [source.type] : (source.type ?? []);
	const values = source.const === undefined ? source.enum : [source.const];
	return {
		types,
		members,
		free: types.includes('object') && source.properties === undefined && source.additionalProperties === undefined,
		...(source.additionalProperties === undefined ? {} : {rest: shapeOf(source.additionalProperties)}),
		...(source.propertyNames === undefined ? {} : {names: namesOf(source.propertyNames)}),
		...(source.items === undefined ? {} : {items: shapeOf(source.items)}),
		...(values === undefined ? {} : {values: new Set<unknown>(values)}),
		...(source.minimum === undefined ? {} : {minimum: source.minimum}),
		...(source.maximum === undefined ? {} : {maximum: source.maximum}),
		...(source.pattern === undefined ? {} : {pattern: new RegExp(source.pattern, 'u')}),
	};
}

function definitionShape(pointer: string): Shape {
	const known = resolved.get(pointer);
	if (known !== undefined) return known;
	const definition = definitions[pointer.slice(reference.length)];
	if (!pointer.startsWith(reference) || definition === undefined) {
		throw new TypeError(`the schema reference ${pointer} leads nowhere`);
	}
	const shape = shapeOf(definition);
	resolved.set(pointer, shape);
	return shape;
}

/** The one use of anyOf: something, or null. */
function nullableShape([some, none, ...more]: readonly Schema[]): Shape {
	if (some === undefined || none?.type !== 'null' || more.length > 0) {
		throw new TypeError('anyOf is known only as [something, null]');
	}
	const shape = shapeOf(some);
	return {
		...shape,
		types: [...shape.types, 'null'],
		...(shape.values === undefined ? {} : {values: new Set([...shape.values, null])}),
	};
}

function namesOf(source: Schema): ReadonlySet<string> {
	const {values} = shapeOf(source);
	return new Set([...(values ?? [])].filter((value) => typeof value === 'string'));
}

let session: Shape | undefined;

/** The whole document; read on first use, since most runs of the program end before they need it. */
export function sessionShape(): Shape {
	session ??= shapeOf(schema);
	return session;
}
