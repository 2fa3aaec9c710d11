/** Return the time of the newest dismissed item, or "". @param {string} key */
export function dismissedUntil(key: string): any;
/** @param {string} key @param {string} until RFC 3339 */
export function dismiss(key: string, until: string): void;
