/** @file How tabs see each other's downloads: whoever works on a model tells all the others how far it is. */
import type { LibraryProgress } from '../engine/protocol/library.ts';

const CHANNEL = 'emulsion/imports';

/**
 * Hears of the work on models in other tabs and workers, `elsewhere` set.
 * @param onProgress gets the key of the model's source, too, which may come under other names
 * @returns stops it
 */
export function watchImports(onProgress: (progress: LibraryProgress, source: string) => void): () => void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.addEventListener(
    'message',
    ({ data: { source, ...progress } }: MessageEvent<LibraryProgress & { readonly source: string }>) =>
      onProgress({ ...progress, elsewhere: true }, source),
  );
  return () => channel.close();
}

/** Tells the others of work on a model of this source. Close the channel when the work ends. */
export function announceImport(source: string): { tell(progress: LibraryProgress): void; close(): void } {
  const channel = new BroadcastChannel(CHANNEL);
  return {
    tell: (progress) => channel.postMessage({ ...progress, source }),
    close: () => channel.close(),
  };
}
