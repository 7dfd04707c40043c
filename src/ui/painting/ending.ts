/** @file How a request to paint can end. */
import type { PlainError } from '../../error.ts';

/** How the pictures of a request ended; those that were finished before stay finished. */
export type Ending =
  | { readonly kind: 'ready' }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly failure: PlainError };
