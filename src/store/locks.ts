/**
 * @file Web Locks, so that two tabs never work on the same model. Locks end with the tab that holds them, however it
 * ends.
 */
import { AppError, throwIfAborted } from '../error.ts';

/** One piece of work on a model at a time, in whatever tab. */
export function withModel<T>(
  id: string,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  return inTurn(modelLock(id), signal, work);
}

/** One import of a source at a time, under whatever name; within the work on a model. */
export function withSource<T>(
  key: string,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  return inTurn(`emulsion/source/${key}`, signal, work);
}

async function inTurn<T>(lock: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  throwIfAborted(signal);
  const progress = { isHeld: false };
  try {
    return await locks().request(lock, { ...(signal && { signal }) }, () => {
      progress.isHeld = true;
      return work();
    });
  } catch (error) {
    // Waiting ends with the platform's own error.
    if (!progress.isHeld) throwIfAborted(signal);
    throw error;
  }
}

/** Does the work unless somebody else works on the model; then `undefined`, at once. */
export function tryWithModel<T extends object>(id: string, work: () => Promise<T>): Promise<T | undefined> {
  return locks().request(modelLock(id), { ifAvailable: true }, (lock) => (lock ? work() : undefined));
}

/** For the moments in which entries are compared and then written. */
export function withStore<T>(work: () => Promise<T>): Promise<T> {
  return locks().request('emulsion/store', work);
}

function modelLock(id: string): string {
  return `emulsion/model/${id}`;
}

function locks(): LockManager {
  // Absent on pages that are no secure context, whatever the types say.
  const found = navigator.locks as LockManager | undefined;
  if (found) return found;
  throw new AppError('store/unavailable', {
    reason: 'the page is not a secure context (https, or this machine)',
  });
}
