/** @file What a request may ask for at most, whatever the model. */

/** Pictures of one request; each keeps its latents in memory until all are done. */
export const MAX_COUNT = 1000;

/** Pixels of a side; beyond what any model of the family was made for, and still countable in memory. */
export const MAX_SIDE = 8192;
