/** Who looks at a load in place of a person at this terminal: another llmtop, which has started it from elsewhere. */

import type {Session} from '../snapshot.ts';
import type {Controls} from '../view/controls.ts';
import type {Shown} from './show.ts';

export interface Audience {
	/** Somebody there can say when it is enough, and sees the streams. */
	readonly isFollowed: boolean;
	/** Looks at it from now on, and asks of it what the person there wants. Returns what ends that. */
	watch(run: Shown, controls: Controls | undefined): () => void;
	/** Takes the session: it is saved and reported there. */
	take(session: Session): Promise<void>;
	/** After a failure: takes the journal, of which there will soon be nothing here. */
	takeJournal(file: string): Promise<void>;
}
