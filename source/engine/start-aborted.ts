/** A start of a server was ended by hand. In a file of its own, so that whoever expects it need not load what starts. */
export class StartAborted extends Error {}
