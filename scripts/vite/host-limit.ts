/** @file What static hosts take: some refuse files over 25 MiB, so the built site has none. */

/** Largest file of the built site. */
export const MAX_FILE_BYTES = 25 * 1024 * 1024;
