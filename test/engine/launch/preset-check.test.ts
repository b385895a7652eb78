/** The published schema of preset files: schema/preset-1.json. */

import {readdirSync, readFileSync} from 'node:fs';
import {Ajv} from 'ajv';
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import schema from '../../../schema/preset-1.json' with {type: 'json'};
import type {FlagHistory, LogRules, Preset, PresetParameter} from '../../../source/engine/launch/preset.ts';
import {presetProblem} from '../../../source/engine/launch/preset-check.ts';
import type {PresetFile} from '../../../source/engine/launch/preset-file.ts';
import {shippedPresets} from '../../../source/engine/launch/shipped-presets.ts';
import type {StartStage} from '../../../source/snapshot.ts';

/** `true` when two unions of names are the same; the compiler refuses the line otherwise. */
type Same<Left, Right> = [Left] extends [Right] ? ([Right] extends [Left] ? true : never) : never;
type Top = typeof schema.properties;
type Definitions = typeof schema.definitions;

/** Checked by the compiler: the file's type and the schema name the same members. */
const agreed: readonly true[] = [
	true satisfies Same<keyof PresetFile | '$schema', keyof Top>,
	true satisfies Same<keyof Preset['ask'], keyof Top['ask']['properties']>,
	true satisfies Same<keyof Preset['ready'], keyof Top['ready']['properties']>,
	true satisfies Same<keyof LogRules, keyof Top['log']['properties']>,
	true satisfies Same<keyof Preset['stop'], keyof Top['stop']['properties']>,
	true satisfies Same<keyof NonNullable<Preset['model']>, keyof Top['model']['properties']>,
	true satisfies Same<keyof NonNullable<Preset['needs']>, keyof Top['needs']['properties']>,
	true satisfies Same<keyof NonNullable<Preset['published']>, keyof Top['published']['properties']>,
	true satisfies Same<keyof FlagHistory, keyof Definitions['flagHistory']['properties']>,
	true satisfies Same<keyof PresetParameter, keyof Definitions['parameter']['properties']>,
];

/** Every stage once; the compiler refuses a list that lacks one or has another. */
const stages: Readonly<Record<StartStage, true>> = {
	starting: true,
	downloading: true,
	loading: true,
	compiling: true,
	capturing: true,
	ready: true,
	stopping: true,
};

const validate = new Ajv({strict: true, allowUnionTypes: true}).compile(schema);

describe('schema/preset-1.json', () => {
	test('names the same members as the types of the program', () => {
		expect(agreed.length).toBe(10);
		expect(schema.definitions.stageRule.properties.stage.enum).toEqual(Object.keys(stages));
	});

	test('accepts every shipped preset, and every file of presets/servers is shipped', () => {
		const refused = [...shippedPresets].filter(([, value]) => !validate(value)).map(([id]) => id);
		expect(refused).toEqual([]);
		const files = readdirSync('presets/servers').map((name) => name.replace(/\.json$/, ''));
		expect([...shippedPresets.keys()].sort()).toEqual(files.sort());
		for (const [id, value] of shippedPresets) {
			expect(JSON.parse(readFileSync(`presets/servers/${id}.json`, 'utf8'))).toEqual(value);
		}
	});

	test('is what the program itself checks: both agree on files with one thing changed', () => {
		const files = fc.constantFrom(...shippedPresets.values());
		const junk = fc.oneof(
			fc.jsonValue({maxDepth: 2}),
			fc.constantFrom('', '-x', '/x', '0.1', 'ready', 'NAME', 0, 1, 1.5, -1, true, [], {}, [''], null),
		);
		fc.assert(
			fc.property(
				files,
				fc.array(fc.nat(30), {maxLength: 6}),
				junk,
				fc.string(),
				fc.nat(2),
				(file, way, value, name, how) => {
					const changed: unknown = structuredClone(file);
					change(changed, way, value, name, how);
					expect({ours: presetProblem(changed) === undefined}).toEqual({ours: validate(changed)});
				},
			),
			{numRuns: 3000},
		);
		fc.assert(
			fc.property(junk, (value) => {
				expect(presetProblem(value) === undefined).toBe(validate(value));
			}),
		);
	});
});

/** Follows a way into a value and replaces, removes or adds something at its end. */
function change(root: unknown, way: readonly number[], value: unknown, name: string, how: number): void {
	let holder: object | undefined;
	let key = '';
	let at: unknown = root;
	for (const step of way) {
		if (typeof at !== 'object' || at === null) break;
		const keys = Object.keys(at);
		if (keys.length === 0) break;
		holder = at;
		key = keys[step % keys.length] ?? '';
		at = Reflect.get(at, key);
	}
	if (holder === undefined) return;
	if (how === 0) Reflect.set(holder, key, value);
	else if (how === 1 && !Array.isArray(holder)) Reflect.deleteProperty(holder, key);
	else if (!Array.isArray(holder) && name !== '__proto__') Reflect.set(holder, name, value);
}
