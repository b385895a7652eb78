/** `npm run build`: the whole program as one ES module, dist/llmtop.mjs, without runtime dependencies. */

import {chmod, readFile} from 'node:fs/promises';
import {build} from 'esbuild';
import {inkTablePlugin} from './ink-table-plugin.ts';

export async function buildProgram(): Promise<void> {
	const {version} = JSON.parse(await readFile('package.json', 'utf8')) as {version: string};
	await build({
		entryPoints: ['cli.tsx'],
		outfile: 'dist/llmtop.mjs',
		bundle: true,
		format: 'esm',
		platform: 'node',
		target: 'node22.19',
		minifySyntax: true,
		minifyWhitespace: true,
		legalComments: 'none',
		jsx: 'automatic',
		define: {'process.env.NODE_ENV': '"production"', LLMTOP_VERSION: JSON.stringify(version)},
		alias: {'react-devtools-core': './scripts/empty-module.ts'},
		plugins: [inkTablePlugin()],
		banner: {
			js: "#!/usr/bin/env node\nimport {createRequire as llmtopCreateRequire} from 'node:module';const require=llmtopCreateRequire(import.meta.url);",
		},
		logLevel: 'warning',
	});
	await chmod('dist/llmtop.mjs', 0o755);
}

if (import.meta.main) await buildProgram();
