/** Where a server's log is on its box. */

import type {SshConfig} from '../config.ts';
import {usageError} from '../errors.ts';

const advice = 'It is a path on the box, journal:UNIT or docker:NAME.';

/** `/var/log/vllm.log`, `journal:ollama`, `docker:vllm`. Throws an `ExpectedError`, exit 2, for anything that is none. */
export function parseLogSource(text: string): NonNullable<SshConfig['log']> {
	const [, kind, name = ''] = /^(journal|docker):(.*)$/s.exec(text) ?? [];
	if (kind === 'journal') {
		if (/^[\w@.:\\][\w@.:\\-]*$/.test(name)) return {kind, unit: name};
		throw usageError(`--log '${text}': "${name}" is no name of a unit.`, advice);
	}
	if (kind === 'docker') {
		if (/^\w[\w.-]*$/.test(name)) return {kind, name};
		throw usageError(`--log '${text}': "${name}" is no name of a container.`, advice);
	}
	if (text.trim() === '' || /[\u0000-\u001f\u007f]/.test(text)) throw usageError('--log has no path.', advice);
	return {kind: 'file', path: text};
}
