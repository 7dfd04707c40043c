/** @file Which pictures are looked for. */
import type { GalleryRecord } from './record.ts';

export interface GalleryQuery {
  /** Words of the prompt, of the model's name, or a seed; all have to be there. */
  readonly text: string;
  readonly starredOnly: boolean;
}

/** The pictures that answer a query, in their order. */
export function searchGallery(
  records: readonly GalleryRecord[],
  { text, starredOnly }: GalleryQuery,
): readonly GalleryRecord[] {
  const words = fold(text).split(/\s+/).filter(Boolean);
  if (words.length === 0 && !starredOnly) return records;
  return records.filter((record) => {
    if (starredOnly && !record.isStarred) return false;
    const { prompt, negative, values } = record;
    const found = fold([prompt, negative, values['Model'] ?? '', values['Seed'] ?? ''].join('\n'));
    return words.every((word) => found.includes(word));
  });
}

/** Without case and width: full-width letters of an input method are letters, too. */
function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}
