import { describe, expect, it } from 'vitest';
import { planArms } from './arms.ts';

describe('what is compared', () => {
  it('is 4 steps with 30 at the same guidance, and with 30 of two evaluations each', () => {
    const { arms, comparisons } = planArms('off', false);
    expect(arms.map(({ by, order }) => [by, order.sampler, order.steps, order.guidance])).toEqual([
      ['model', 'turbo', 4, 'auto'],
      ['model', 'euler-a', 30, 'auto'],
      ['model', 'euler-a', 30, 'full'],
    ]);
    expect(comparisons.map(({ turbo, long }) => [turbo, long])).toEqual([
      ['turbo', 'euler-a'],
      ['turbo', 'euler-a-full'],
    ]);
  });

  it.each(['full', 'distilled'] as const)('is one comparison where both would be %s anyway', (guidance) => {
    const { arms, comparisons } = planArms(guidance, false);
    expect(arms.map(({ id }) => id)).toEqual(['turbo', 'euler-a']);
    expect(comparisons).toHaveLength(1);
  });

  it('has the thirty guided steps of a distilled model painted by its teacher', () => {
    const { arms, comparisons } = planArms('distilled', true);
    expect(arms.at(-1)).toMatchObject({ by: 'teacher', order: { steps: 30, guidance: 'full' } });
    expect(comparisons).toHaveLength(2);
  });
});
