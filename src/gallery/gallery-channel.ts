/** @file How tabs see each other's pictures: whoever changes some tells all the others which. */

const CHANNEL = 'emulsion/gallery';

export interface GalleryChannel {
  /** Tells the other tabs which pictures came, went or changed. */
  tell(ids: readonly string[]): void;
  close(): void;
}

/** @param onChange hears of changes in other tabs */
export function openGalleryChannel(onChange: (ids: readonly string[]) => void): GalleryChannel {
  const channel = new BroadcastChannel(CHANNEL);
  channel.addEventListener('message', ({ data }: MessageEvent<readonly string[]>) => onChange(data));
  return { tell: (ids) => channel.postMessage(ids), close: () => channel.close() };
}
