/** @file What the four steps of a Turbo picture are called. */
import { translate } from '../../locale/index.ts';

/** What each of four steps settles in a picture, in their order. */
const TURBO_STAGES = ['structure', 'texture', 'light', 'detail'] as const;

/** The stage that a step is, in the language of the page. Only four steps have names; other numbers of them are just counted. */
export function stageWord(step: number, steps: number): string | undefined {
  const stage = steps === TURBO_STAGES.length ? TURBO_STAGES[step - 1] : undefined;
  return stage && translate(`stage.${stage}`);
}
