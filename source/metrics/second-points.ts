/** The newest points of a series with one point a second; a second for which none stands is a gap. */

const mostPoints = 600;

export class SecondPoints<Point> {
	/** The newest last. */
	#points: (Point | undefined)[] = [];
	/** Second of the last point. */
	#last = 0;
	/** For how many seconds the last point stands. */
	#lastSeconds = 1;

	/**
	 * The point of the second that is nearest to an instant, ms since the series began; a later one of the same second
	 * replaces it. It stands for so many seconds, if no other comes sooner: 1 when there is one each second.
	 * `undefined`: it is known that there is none.
	 */
	add(atMs: number, point: Point | undefined, seconds = 1): void {
		const second = Math.round(atMs / 1000);
		if (this.#points.length === 0) this.#last = second - 1;
		if (second === this.#last && point !== undefined) this.#points[this.#points.length - 1] = point;
		if (second <= this.#last) return;
		const missing = Math.min(second - this.#last - 1, mostPoints);
		const before = this.#points.at(-1);
		for (let place = 1; place <= missing; place++) this.#points.push(place < this.#lastSeconds ? before : undefined);
		this.#points.push(point);
		this.#last = second;
		this.#lastSeconds = seconds;
		if (this.#points.length > mostPoints) this.#points = this.#points.slice(-mostPoints);
	}

	/** A frozen copy, at most 600. */
	all(): readonly (Point | undefined)[] {
		return Object.freeze([...this.#points]);
	}
}
