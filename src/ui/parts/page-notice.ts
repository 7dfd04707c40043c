/** @file What the page itself has to say besides the engine's notices. */
import type { Notice } from '../../engine/protocol/generate.ts';
import { noticeSentence, translate } from '../../locale/index.ts';

export type PageNotice =
  /** In the prompt of an order. */
  | { readonly kind: 'loras-unknown'; readonly names: readonly string[] }
  /** In a picture whose settings are taken over. */
  | { readonly kind: 'loras-missing'; readonly names: readonly string[] }
  | { readonly kind: 'picture-restored'; readonly file: string }
  /** With the id of the model where it can be opened. */
  | { readonly kind: 'picture-other-model'; readonly model: string; readonly id?: string }
  /** It began from another picture, which it does not hold. */
  | { readonly kind: 'picture-had-init-image' }
  /** They go on with the first order that is added. */
  | { readonly kind: 'queue-resumed'; readonly pictures: number }
  | { readonly kind: 'link-taken' }
  | { readonly kind: 'link-broken' }
  | { readonly kind: 'link-other-model'; readonly model: string }
  | { readonly kind: 'picture-without-settings'; readonly file: string }
  /** What it was painted with and the page has not. */
  | { readonly kind: 'picture-not-honoured'; readonly settings: readonly string[] }
  | { readonly kind: 'picture-style-words' }
  | { readonly kind: 'styles-unknown' }
  /** The picture that was to be begun from is none of what was taken over. */
  | { readonly kind: 'init-image-dropped' }
  | { readonly kind: 'picture-other-noise' };

export type ShownNotice = Notice | PageNotice;

/** One line for something the user should know. */
export function shownSentence(notice: ShownNotice): string {
  switch (notice.kind) {
    case 'loras-unknown':
      return translate('lorasUnknown', translate('names', notice.names));
    case 'loras-missing':
      return translate('lorasMissing', translate('names', notice.names));
    case 'picture-restored':
      return translate('pictureRestored', notice.file);
    case 'picture-other-model':
      return translate('pictureOtherModel', notice.model);
    case 'picture-had-init-image':
      return translate('pictureHadInitImage');
    case 'queue-resumed':
      return translate('queueResumed', notice.pictures);
    case 'link-taken':
      return translate('linkTaken');
    case 'link-broken':
      return translate('linkBroken');
    case 'link-other-model':
      return translate('linkOtherModel', notice.model);
    case 'picture-without-settings':
      return translate('pictureWithoutSettings', notice.file);
    case 'picture-not-honoured':
      return translate('pictureNotHonoured', notice.settings);
    case 'picture-style-words':
      return translate('pictureStyleWords');
    case 'styles-unknown':
      return translate('stylesUnknown');
    case 'init-image-dropped':
      return translate('initImageDropped');
    case 'picture-other-noise':
      return translate('pictureOtherNoise');
    default:
      return noticeSentence(notice);
  }
}
