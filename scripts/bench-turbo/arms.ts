/** @file The ways of painting that are compared, and which of them is set beside which. */
import type { GenerateResult } from '../../src/engine/protocol/generate.ts';
import type { PictureOrder } from '../headless/paint.ts';

/** One way of painting a picture. */
export interface Arm {
  /** Also the name of its folder. */
  readonly id: string;
  readonly by: 'model' | 'teacher';
  readonly order: Pick<PictureOrder, 'sampler' | 'steps' | 'guidance'>;
}

/** Four steps beside thirty. */
export interface Comparison {
  readonly title: string;
  readonly turbo: string;
  readonly long: string;
}

export interface Plan {
  readonly arms: readonly Arm[];
  readonly comparisons: readonly Comparison[];
}

const TURBO: Arm = { id: 'turbo', by: 'model', order: { sampler: 'turbo', steps: 4, guidance: 'auto' } };
const LONG: Arm = { id: 'euler-a', by: 'model', order: { sampler: 'euler-a', steps: 30, guidance: 'auto' } };

/**
 * Turbo's usual guidance is the model's own, Euler ancestral's is the full one: two evaluations a step. A model that was
 * distilled has its guidance inside and no use for a second evaluation, so only its teacher can show the full one.
 * @param guidance what the model's manifest says
 */
export function planArms(guidance: GenerateResult['guidance'], hasTeacher: boolean): Plan {
  const same: Comparison = { title: 'The same guidance', turbo: TURBO.id, long: LONG.id };
  if (!hasTeacher && (guidance === 'full' || guidance === 'distilled')) {
    const title = 'The same guidance, which is the usual one of both';
    return { arms: [TURBO, LONG], comparisons: [{ ...same, title }] };
  }
  const by = hasTeacher ? 'teacher' : 'model';
  const usual: Arm = { id: 'euler-a-full', by, order: { ...LONG.order, guidance: 'full' } };
  const title = `Each at its usual guidance${hasTeacher ? ', thirty steps by the teacher' : ''}`;
  return { arms: [TURBO, LONG, usual], comparisons: [same, { title, turbo: TURBO.id, long: usual.id }] };
}
