/**
 * Large libraries that only some commands need travel in the one file as compressed text, which no start has to parse:
 * `--help` does not wait for React, and a load thread does not hold Ink. Each pack becomes a module of its own when it
 * is first imported.
 */

import {brotliCompressSync} from 'node:zlib';
import {build, type Plugin} from 'esbuild';

export interface Pack {
	/** Shown in stack traces. */
	readonly name: string;
	/** Import specifiers that it serves. */
	readonly specifiers: readonly string[];
	readonly plugins?: readonly Plugin[];
	readonly alias?: Readonly<Record<string, string>>;
}

/** In a pack, built-in modules come from the process: a module without a file cannot require. */
const banner = 'const require = (id) => process.getBuiltinModule(id);';

/** The names that a package exports, as Node sees them; of a package that Node cannot load (ink-table), the default. */
async function exportsOf(specifier: string): Promise<string[]> {
	const module: unknown = await import(specifier).catch(() => ({default: undefined}));
	return Object.keys(module as object).filter((name) => /^[A-Za-z_$][\w$]*$/.test(name));
}

export function packedLibraries(packs: readonly Pack[]): Plugin {
	return {
		name: 'packed-libraries',
		setup(context) {
			const owners = new Map(packs.flatMap((pack) => pack.specifiers.map((specifier) => [specifier, pack] as const)));
			context.onResolve({filter: /^[^.]/}, ({path, namespace}) => {
				if (namespace === 'pack' || namespace === 'packed') return undefined;
				return owners.has(path) ? {path, namespace: 'packed'} : undefined;
			});
			context.onResolve({filter: /^pack:/}, ({path}) => ({path, namespace: 'pack'}));
			context.onLoad({filter: /.*/, namespace: 'packed'}, async ({path}) => {
				const pack = owners.get(path);
				const place = pack?.specifiers.indexOf(path);
				const names = await exportsOf(path);
				const lines = names.map((name) =>
					name === 'default' ? `export default library.default;` : `export const ${name} = library.${name};`,
				);
				return {
					contents: `import {load} from 'pack:${pack?.name}';\nconst {library${place}: library} = await load();\n${lines.join('\n')}`,
					resolveDir: process.cwd(),
				};
			});
			context.onLoad({filter: /.*/, namespace: 'pack'}, async ({path}) => {
				const pack = packs.find(({name}) => path === `pack:${name}`);
				if (pack === undefined) throw new Error(`no pack ${path}`);
				const text = await bundle(pack, context.initialOptions.define ?? {});
				const packed = brotliCompressSync(text).toString('base64');
				return {
					contents: `import {brotliDecompressSync} from 'node:zlib';
let loading;
export function load() {
	loading ??= import('data:text/javascript;base64,' + brotliDecompressSync(Buffer.from('${packed}', 'base64')).toString('base64'));
	return loading;
}`,
					resolveDir: process.cwd(),
				};
			});
		},
	};
}

async function bundle(pack: Pack, define: Record<string, string>): Promise<string> {
	const entry = pack.specifiers
		.map((specifier, place) => `export * as library${place} from ${JSON.stringify(specifier)};`)
		.join('\n');
	const result = await build({
		// Named like a module of Node, so that defaults of CommonJS packages are what Node makes of them.
		stdin: {contents: entry, resolveDir: process.cwd(), sourcefile: 'pack.mjs'},
		bundle: true,
		write: false,
		format: 'esm',
		platform: 'node',
		target: 'node22.19',
		minify: true,
		keepNames: true,
		legalComments: 'none',
		// A module without a file has no place to require from; what does so only at its start gets one.
		define: {...define, 'import.meta.url': '"file:///llmtop.mjs"'},
		plugins: [...(pack.plugins ?? [])],
		alias: {...pack.alias},
		banner: {js: banner},
		footer: {js: `//# sourceURL=llmtop-${pack.name}.mjs`},
		logLevel: 'warning',
	});
	return result.outputFiles[0]?.text ?? '';
}
