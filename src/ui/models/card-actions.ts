/** @file What can be done with a model of the list, from how it stands with it. */
import { isWhole } from '../../engine/model-source.ts';
import type { VerifyReport } from '../../engine/protocol/library.ts';
import type { LibraryWork } from './model-library.ts';
import type { ModelRow } from './model-rows.ts';

export type CardAction =
  | 'use'
  | 'use-once'
  | 'resume'
  | 'repair'
  | 'offer'
  | 'verify'
  | 'pause'
  | 'cancel'
  | 'cancel-and-delete'
  | 'delete'
  | 'dismiss';

export interface CardChoice {
  /** In the order of the buttons. */
  readonly actions: readonly CardAction[];
  /** What the files on disk are needed for again, where only the user can give them. */
  readonly filesFor: 'add' | 'repair' | undefined;
}

/** The actions on offer; `isUsed` when the page paints with the model. */
export function cardActions(row: ModelRow, isUsed: boolean): CardChoice {
  const { work, elsewhere, stored, entry, isEmbedded, report } = row;
  if (work?.state === 'running') {
    const actions: CardAction[] = work.task === 'add' ? ['pause', 'cancel-and-delete'] : ['cancel'];
    return { actions, filesFor: undefined };
  }
  if (elsewhere) return { actions: [], filesFor: undefined };
  const isBroken = stored?.state === 'damaged' || needsRepair(report);
  const isPartial = stored?.state === 'incomplete' || work?.task === 'add';
  const isUsable = !isBroken && !isPartial && (stored?.state === 'ready' || isEmbedded);
  // An addition begun in this visit still has its files.
  const hasSource = stored === undefined || isWhole(stored.reference) || work?.again !== undefined;
  const needsFiles = work?.failure?.code === 'store/source-needed' || !hasSource;
  const filesFor = !needsFiles ? undefined : isBroken ? 'repair' : isPartial ? 'add' : undefined;
  const choices: readonly (readonly [CardAction, boolean])[] = [
    ['use', isUsable && !isUsed],
    ['use-once', lacksStore(work) && !isUsed],
    ['resume', isPartial && !filesFor],
    ['repair', isBroken && !filesFor],
    ['offer', !stored && !work && entry !== undefined],
    ['verify', stored !== undefined && !isPartial],
    ['delete', stored !== undefined],
    ['dismiss', !stored && work !== undefined],
  ];
  return { actions: choices.flatMap(([action, isOffered]) => (isOffered ? [action] : [])), filesFor };
}

/** Whether something is left to mend. */
export function needsRepair(report: VerifyReport | undefined): boolean {
  return report?.damaged.some(({ repaired }) => !repaired) ?? false;
}

/** Whether an addition failed for want of a store, not of its source, which can be painted from all the same. */
function lacksStore(work: LibraryWork | undefined): boolean {
  const code = work?.failure?.code;
  return work?.reference !== undefined && (code === 'store/quota' || code === 'store/unavailable');
}
