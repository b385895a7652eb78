/**
 * ink-table is CommonJS and requires Ink, which cannot be required (it has a top-level await). Both the build and the
 * tests therefore bundle it as an ES module whose `require('ink')` and `require('react')` become imports.
 */

import {createRequire} from 'node:module';
import {build, type Plugin} from 'esbuild';

const require = createRequire(import.meta.url);

/** Answers ink-table's two requires with modules that re-export the real ones. */
export function inkTablePlugin(): Plugin {
	return {
		name: 'ink-table',
		setup(context) {
			context.onResolve({filter: /^(ink|react)$/}, (args) => {
				if (args.kind !== 'require-call' || !args.importer.includes('ink-table')) return undefined;
				return {path: args.path, namespace: 'ink-table-dependency'};
			});
			context.onLoad({filter: /.*/, namespace: 'ink-table-dependency'}, (args) => ({
				contents: `export * from ${JSON.stringify(args.path)}; ${args.path === 'react' ? "export {default} from 'react';" : ''}`,
				resolveDir: process.cwd(),
			}));
		},
	};
}

/** The source of ink-table as one ES module that imports `ink` and `react`. */
export async function inkTableModule(): Promise<string> {
	const result = await build({
		entryPoints: [require.resolve('ink-table')],
		bundle: true,
		write: false,
		format: 'esm',
		platform: 'node',
		external: ['ink', 'react'],
		plugins: [
			{
				name: 'ink-table-externals',
				setup(context) {
					context.onResolve({filter: /^(ink|react)$/}, (args) =>
						args.kind === 'require-call'
							? {path: args.path, namespace: 'ink-table-dependency'}
							: {path: args.path, external: true},
					);
					context.onLoad({filter: /.*/, namespace: 'ink-table-dependency'}, (args) => ({
						contents: `export * from ${JSON.stringify(args.path)}; ${args.path === 'react' ? "export {default} from 'react';" : ''}`,
						resolveDir: process.cwd(),
					}));
				},
			},
		],
	});
	const [file] = result.outputFiles;
	if (file === undefined) throw new Error('esbuild wrote nothing for ink-table');
	return file.text;
}
