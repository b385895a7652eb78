/** The table of keys as it is asked: what a key means here and now, what is offered, what the README says. */

import type {Command, Key} from './commands.ts';
import {type Binding, bindings, type Group, groups, type Situation} from './key-table.ts';

/** Whether a binding's command makes sense now. */
export function isOffered(binding: Binding, situation: Situation): boolean {
	return binding.when?.(situation) ?? true;
}

/** Whether a binding has an entry in the footer now. */
export function isInFooter(binding: Binding, situation: Situation): boolean {
	return binding.footer !== undefined && isOffered(binding, situation) && (binding.footer.when?.(situation) ?? true);
}

/** Whether another command has the keys of a binding now, as `<` and `>` have in a replay. */
export function isReplaced({command, keys}: Binding, situation: Situation): boolean {
	return keys.every((key) => {
		const now = commandFor(key, situation);
		return now !== undefined && now !== command;
	});
}

/** What a key asks for; absent when it means nothing here and now. */
export function commandFor(key: Key, situation: Situation): Command | undefined {
	return bindings.find((binding) => binding.keys.includes(key) && isOffered(binding, situation))?.command;
}

/** All keys and what they do, in the order of the help screen: the README's table. */
export function keyTable(): {readonly keys: string; readonly help: string; readonly group: Group}[] {
	return groups.flatMap((group) =>
		bindings.flatMap((binding) =>
			binding.group === group && binding.label !== undefined && binding.help !== undefined
				? [{keys: binding.label, help: binding.help, group}]
				: [],
		),
	);
}
