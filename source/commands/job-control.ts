/** Ctrl-Z and `fg`: the program stops with the terminal as the shell wants it, and comes back when the shell lets it. */

export interface JobControl {
	/** Stops the program, all of its threads; returns when it goes on, or before. */
	suspend(): void;
	close(): void;
}

/** So long after a stop that did not happen (a program without a shell is not stopped), the terminal is taken again, ms. */
const notStoppedMs = 100;

/** `resumed` is called each time that the program has been continued, whoever had stopped it. */
export function createJobControl(resumed: () => void): JobControl {
	let timer: NodeJS.Timeout | undefined;
	const goOn = () => {
		clearTimeout(timer);
		resumed();
	};
	process.on('SIGCONT', goOn);
	return {
		suspend() {
			process.kill(process.pid, 'SIGTSTP');
			timer = setTimeout(goOn, notStoppedMs);
		},
		close() {
			clearTimeout(timer);
			process.off('SIGCONT', goOn);
		},
	};
}
