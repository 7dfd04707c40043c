/** @file What the page and the command line both say of a stored model. */
import type { DamagedRecord, StoredModel } from '../../engine/protocol/library.ts';
import { noticeSentence, translate } from '../../locale/index.ts';
import { byteSize } from '../parts/byte-size.ts';

/** `unet: conv_in.weight and 7 more (16 MB) – changed` */
export function describeRecord({ kind, component, contents, byteLength, problem }: DamagedRecord): string {
  const [content = '', ...others] = contents;
  const first = component === '' ? content : `${component}: ${content}`;
  const record =
    kind === 'description'
      ? translate('recordDescription')
      : kind === 'part'
        ? translate('recordPart', content)
        : others.length > 0
          ? translate('recordAndMore', first, others.length)
          : first;
  return translate(problem === 'missing' ? 'recordMissing' : 'recordChanged', record, byteSize(byteLength));
}

/** How much rounding to bfloat16 changed the weights. */
export function roundingSentence(rounding: NonNullable<StoredModel['rounding']>): string {
  return noticeSentence({ kind: 'weights-rounded', ...rounding });
}

/** At most so many are named one by one. */
const MAX_MENDED = 4;

/** What of an earlier attempt has to be fetched again. */
export function mendedSentence(mended: readonly DamagedRecord[]): string {
  const all = mended.find(({ kind }) => kind === 'import');
  if (all) return translate('importBegunAnew', byteSize(all.byteLength));
  const rest = mended.length - MAX_MENDED;
  const named = mended.slice(0, MAX_MENDED).map(describeRecord);
  return translate('importMended', rest > 0 ? [...named, translate('moreRecords', rest)] : named);
}
