/** @file How tabs see each other's downloads: whoever works on a model tells all the others how far it is. */
import type { LibraryProgress } from '../engine/protocol/library.ts';

const CHANNEL = 'emulsion/imports';

/**
 * Hears of the work on models in other tabs and workers, `elsewhere` set.
 * @returns stops it
 */
export function watchImports(onProgress: (progress: LibraryProgress) => void): () => void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.addEventListener('message', ({ data }: MessageEvent<LibraryProgress>) =>
    onProgress({ ...data, elsewhere: true }),
  );
  return () => channel.close();
}

/** Tells the others. Close the channel when the work ends. */
export function announceImport(): { tell(progress: LibraryProgress): void; close(): void } {
  const channel = new BroadcastChannel(CHANNEL);
  return { tell: (progress) => channel.postMessage(progress), close: () => channel.close() };
}
