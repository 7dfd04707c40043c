/** @file How much room the browser gives this site. */
import type { StorageReport } from '../engine/protocol/library.ts';

export const MIB = 1024 * 1024;

/** What the browser tells of its storage; all of it may be absent. */
export async function storageReport(): Promise<StorageReport> {
  // Absent on pages that are no secure context, whatever the types say.
  const storage = navigator.storage as StorageManager | undefined;
  const [estimate, persisted] = await Promise.all([
    storage?.estimate().catch(() => undefined),
    storage?.persisted().catch(() => undefined),
  ]);
  const { usage, quota } = estimate ?? {};
  return {
    usedBytes: usage,
    availableBytes: usage === undefined || quota === undefined ? undefined : Math.max(0, quota - usage),
    persisted,
  };
}

/** Bytes that may still be stored; `undefined` where the browser does not tell. */
export async function availableBytes(): Promise<number | undefined> {
  return (await storageReport()).availableBytes;
}
