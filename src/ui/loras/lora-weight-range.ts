/** @file What a LoRA's slider can be set to; numbers beyond may be written into prompts. */

/** Below 0 is the contrary of what it was trained on. */
export const WEIGHT_RANGE = { min: -1, max: 2, step: 0.05 } as const;
