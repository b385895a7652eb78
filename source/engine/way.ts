/** How HTTP comes to servers that this machine does not reach by itself, or not at their own address. */

export interface Way {
	/**
	 * Where to connect for a server's own host and port: the same at each call. Rejects with a `NoWayError`.
	 */
	dial(hostname: string, port: number): Promise<Dialled>;
	/**
	 * Why a connection to there was closed before it carried anything, where that was the way's doing: a tunnel is open on
	 * this side before anything is known of the other, and is closed before it is known why.
	 */
	whyClosed?(hostname: string, port: number): Promise<NoWayError | undefined>;
	/** Why nothing comes from there at the moment, where that is the way's doing. */
	whySilent?(): NoWayError | undefined;
}

/** A place of this machine's network. */
export interface Dialled {
	/** Host name or address, without brackets. */
	readonly hostname: string;
	readonly port: number;
}

/** Whether a host name, with or without brackets, stands for the very machine on which it is said. */
export function namesItself(hostname: string): boolean {
	return /^(?:localhost|127\.[\d.]+|0\.0\.0\.0|::1?|\[::1?\])$/.test(hostname);
}

/** There is no way to a server now; the message says why, as a clause without a full stop. */
export class NoWayError extends Error {
	/** As the system names it: nothing listens there, or its machine is not reached. */
	readonly code: 'ECONNREFUSED' | 'EHOSTDOWN';

	constructor(code: NoWayError['code'], message: string) {
		super(message);
		this.code = code;
	}
}
