/** @file The one word the page says to a new service worker that waits. */

/** Replace the version that is running now. */
export const TAKE_OVER = 'take over';
