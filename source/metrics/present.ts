/** An object without the members that are `undefined`: what is not known is absent. */
export type Present<Members> = {
	[Name in keyof Members as undefined extends Members[Name] ? never : Name]: Members[Name];
} & {
	[Name in keyof Members as undefined extends Members[Name] ? Name : never]?: Exclude<Members[Name], undefined>;
};

export function present<Members extends object>(members: Members): Present<Members> {
	// Object.fromEntries forgets the names of the members, so this is the one place that must say what it made.
	return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Present<Members>;
}
