/** Which Node of another machine can run this program: its PATH first, then where version managers keep theirs. */

import {ExpectedError, exitCode} from '../../errors.ts';
import {isEnough, leastNode} from '../host/node-version.ts';
import type {SshConnection} from '../ssh/connection.ts';
import {widerPath} from '../ssh/remote-path.ts';

/** A Node may stand on a network drive; there may be several. */
const askMs = 30_000;

/** Where nvm, fnm, Volta, asdf, n, snap and unpacked archives have theirs; what is found first is asked first. */
const script = `${widerPath}
asked=
ask() {
case "$asked" in *"[$1]"*) return ;; esac
asked="$asked[$1]"
version=$("$1" -p process.versions.node 2>/dev/null </dev/null) && printf 'node %s %s\\n' "$version" "$1"
}
for name in node nodejs; do
file=$(command -v "$name") && ask "$file"
done
for file in "\${NVM_DIR:-$HOME/.nvm}"/versions/node/*/bin/node "$HOME"/.local/share/fnm/node-versions/*/installation/bin/node \\
"$HOME"/.volta/bin/node "$HOME"/.asdf/shims/node "$HOME"/n/bin/node /snap/bin/node /opt/node*/bin/node \\
/usr/local/node*/bin/node /usr/local/lib/nodejs/*/bin/node; do
test -x "$file" && ask "$file"
done
printf 'path %s\\n' "$PATH"`;

/**
 * The full path of a Node there that is new enough. Rejects with an `ExpectedError`, exit 3, that names the versions that
 * were found, or the PATH on which none was.
 */
export async function findNodeThere(connection: Pick<SshConnection, 'name' | 'output'>): Promise<string> {
	const {stdout, stderr, code} = await connection.output(script, [], {timeoutMs: askMs});
	if (code === null) throw noNode(`${connection.name} did not say which Node it has: ${lastLine(stderr)}.`);
	const lines = stdout.split('\n');
	const found = lines.map(nodeOf).filter((node) => node !== undefined);
	const fit = found.find(({version}) => isEnough(version));
	if (fit !== undefined) return fit.file;
	if (found.length > 0) {
		const versions = found.map(({version, file}) => `${version} (${file})`).join(', ');
		throw noNode(`Node on ${connection.name} is too old to run the load there: ${versions}.`);
	}
	const path = lines.find((line) => line.startsWith('path '))?.slice('path '.length) ?? '';
	throw noNode(`There is no Node on ${connection.name} to run the load there: looked on the PATH (${path}).`);
}

interface FoundNode {
	readonly version: string;
	readonly file: string;
}

function nodeOf(line: string): FoundNode | undefined {
	const [, version, file] = /^node (\d+\.\d+\.\S*) (\/.*)$/.exec(line) ?? [];
	return version === undefined || file === undefined ? undefined : {version, file};
}

function noNode(message: string): ExpectedError {
	return new ExpectedError(message, {
		exitCode: exitCode.unreachable,
		advice: `Install Node ${leastNode} or later there, or leave --load-there out: the load then goes through the connection.`,
	});
}

function lastLine(text: string): string {
	return text.trim().split('\n').at(-1) ?? 'the connection was lost';
}
