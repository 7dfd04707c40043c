/** @file What was done last with the gallery, and how it is told. */
import type { ErrorCode, PlainError } from '../../error.ts';
import { errorSentence, translate } from '../../locale/index.ts';
import type { SettingsPart } from '../sharing/restore-settings.ts';

/** Of more files that are refused for one reason, the rest are counted. */
const MOST_NAMED = 3;

/** A file, or a picture in one, that could not be taken in. */
export interface RefusedFile {
  readonly name: string;
  readonly failure: PlainError;
}

/** What was done last, to be told once. */
export type GalleryOutcome =
  | { readonly kind: 'used'; readonly part: Exclude<SettingsPart, 'all'> }
  | { readonly kind: 'undone'; readonly count: number }
  | { readonly kind: 'exported'; readonly count: number; readonly damaged: number }
  | {
      readonly kind: 'imported';
      readonly added: number;
      readonly duplicates: number;
      readonly refused: readonly RefusedFile[];
    }
  | { readonly kind: 'failed'; readonly failure: PlainError };

/** One line for what was done. */
export function outcomeSentence(outcome: GalleryOutcome): string {
  switch (outcome.kind) {
    case 'used':
      return translate(`galleryUsed.${outcome.part}`);
    case 'undone':
      return translate('galleryRestored', outcome.count);
    case 'exported': {
      const { count, damaged } = outcome;
      const damage = damaged === 0 ? [] : [translate('galleryDamaged', damaged)];
      return translate('sentences', [translate('galleryExported', count), ...damage]);
    }
    case 'imported': {
      const { added, duplicates, refused } = outcome;
      if (added + duplicates + refused.length === 0) return translate('galleryImportedNone');
      return translate('sentences', [translate('galleryImported', added, duplicates), ...refusals(refused)]);
    }
    case 'failed':
      return errorSentence(outcome.failure);
  }
}

/** For every reason a line with the files that it kept out. */
function refusals(refused: readonly RefusedFile[]): string[] {
  const byCode = new Map<ErrorCode, RefusedFile[]>();
  for (const file of refused) {
    const { code } = file.failure;
    byCode.set(code, [...(byCode.get(code) ?? []), file]);
  }
  return [...byCode.values()].flatMap((files) => {
    const [first] = files;
    const names = files.map(({ name }) => name);
    const named = translate('names', names.slice(0, MOST_NAMED));
    const others = Math.max(0, names.length - MOST_NAMED);
    return first ? translate('galleryRefused', named, others, errorSentence(first.failure)) : [];
  });
}
