/** @file From a failure to the buttons that may help against it. */
import type { PlainError } from '../../error.ts';
import { translate } from '../../locale/index.ts';
import { byteSize } from '../parts/byte-size.ts';
import type { FailureAction } from '../parts/failure-message.ts';
import { budgetFor } from '../settings/memory-settings.ts';
import type { PictureSize } from '../settings/picture-size.ts';

/** Failures that may not happen again; after the others something has to be changed first. */
const REPEATABLE =
  /^(image\/(not-finite|zeros|uniform)|weights\/(not-found|unreachable)|gpu\/(device-lost|out-of-memory)|runtime\/|engine\/)/;

/** What the page can do about failures. */
export interface Remedies {
  /** Absent where doing the same again makes no sense. */
  readonly retry?: () => void;
  readonly openModels: () => void;
  readonly openLoras: () => void;
  /** Paint with a larger budget, in bytes. */
  readonly useBudget: (bytes: number) => void;
  /** Paint at another size. */
  readonly useSize: (size: PictureSize) => void;
}

/** Whether the same may well succeed next time. */
export function isRepeatable({ code }: PlainError): boolean {
  return REPEATABLE.test(code);
}

/** The buttons for a failure, the best first; none where the user has to change something first. */
export function failureActions(failure: PlainError, remedies: Remedies): FailureAction[] {
  if (failure.code === 'request/budget') {
    const { neededMiB, fits } = failure.detail;
    const budget = budgetFor(neededMiB * 1024 ** 2);
    const actions = [
      { label: translate('useBudget', byteSize(budget)), act: () => remedies.useBudget(budget) },
    ];
    return [...actions, ...sizeActions(fits, remedies)];
  }
  if (failure.code === 'request/buffer' || failure.code === 'request/heap')
    return sizeActions(failure.detail.fits, remedies);
  if (/^store\/(damaged|deleted|incomplete)$/.test(failure.code))
    return [{ label: translate('modelsOpen'), act: remedies.openModels }];
  if (failure.code === 'lora/refused') return [{ label: translate('lorasOpen'), act: remedies.openLoras }];
  return remedies.retry ? [{ label: translate('tryAgain'), act: remedies.retry }] : [];
}

/** A button for the size that would do, where there is one. */
function sizeActions(fits: string, remedies: Remedies): FailureAction[] {
  const size = parseSize(fits);
  if (!size) return [];
  return [{ label: translate('useSize', size.width, size.height), act: () => remedies.useSize(size) }];
}

/** A size as the failure names it, `512×512`. */
function parseSize(text: string): PictureSize | undefined {
  const [, width, height] = /^(\d+)×(\d+)$/.exec(text) ?? [];
  return width === undefined || height === undefined
    ? undefined
    : { width: Number(width), height: Number(height) };
}
