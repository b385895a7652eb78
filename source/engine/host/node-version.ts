/** Which Node runs this program. Without any import: whoever asks may run on one that cannot read the rest. */

/** `engines` in package.json. */
export const leastNode = '22.19';

/** Whether a Node of this version (`22.19.0`) runs this program. */
export function isEnough(version: string): boolean {
	const [major = 0, minor = 0] = version.split('.').map(Number);
	const [leastMajor = 0, leastMinor = 0] = leastNode.split('.').map(Number);
	return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}
