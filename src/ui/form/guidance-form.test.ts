import { describe, expect, it } from 'vitest';
import type { ModelDescription } from '../../engine/protocol/model.ts';
import { guidanceScaleOf, orderedGuidance, restoredGuidance, unmetGuidance } from './guidance-form.ts';

function model(more: Partial<ModelDescription> = {}): ModelDescription {
  return {
    ...{ id: 'm', name: 'm', licence: undefined, width: 64, height: 64, steps: 4, sampler: 'turbo' },
    ...{
      guidance: 'off',
      guidanceScale: 1.5,
      takesGuidanceScale: false,
      mostClipSkip: 1,
      sizeMultiple: 8,
      hasPreviews: false,
      examples: {},
      sizes: [],
      styles: [],
      hash: undefined,
    },
    ...more,
  };
}

describe('guidance as a picture had it', () => {
  it('is left to the model where the model does it anyway', () => {
    const own = { samplers: ['turbo'], guidance: 'off', guidanceScale: 1, clipSkip: 0 } as const;
    expect(restoredGuidance(own, model())).toEqual({ guidance: 'auto' });
    // Both go by the name “Euler a”.
    const either = { samplers: ['turbo-sd', 'euler-a'] } as const;
    expect(restoredGuidance(either, model({ sampler: 'euler-a' }))).toEqual({ guidance: 'auto' });
  });

  it('is chosen where it is another', () => {
    const settings = { guidance: 'full', guidanceScale: 7, guidanceRescale: 0.5, clipSkip: 1 } as const;
    const foreign = { ...settings, samplers: ['euler'] } as const;
    const restored = { ...settings, sampler: 'euler' } as const;
    expect(restoredGuidance(foreign, model())).toEqual(restored);
    expect(orderedGuidance(restoredGuidance(foreign, model()), model())).toEqual(restored);
    expect(unmetGuidance(foreign, model())).toEqual([]);
  });

  it('is told of where the model cannot do it', () => {
    const distilled = model({ guidance: 'distilled', mostClipSkip: 0 });
    const foreign = { samplers: [], guidance: 'full', guidanceScale: 7, clipSkip: 1 } as const;
    expect(restoredGuidance(foreign, distilled)).toEqual({ guidance: 'auto', guidanceScale: 7 });
    expect(unmetGuidance(foreign, distilled)).toEqual(['Guidance: full', 'CFG scale: 7', 'Clip skip: 1']);
    expect(unmetGuidance({ guidance: 'distilled' }, model())).toEqual(['Guidance: distilled']);
  });

  it('has a scale to choose with other samplers than Turbo’s', () => {
    const settings = { guidance: 'full', guidanceScale: 7 } as const;
    for (const sampler of ['turbo', 'turbo-sd'] as const) {
      expect(guidanceScaleOf({ ...settings, sampler }, model())).toBe(1.5);
      expect(orderedGuidance({ ...settings, sampler }, model())).toEqual({ guidance: 'full', sampler });
    }
    expect(guidanceScaleOf({ ...settings, sampler: 'lcm' }, model())).toBe(7);
    const painted = { ...settings, samplers: ['turbo'] } as const;
    expect(unmetGuidance(painted, model())).toEqual(['CFG scale: 7']);
    expect(unmetGuidance({ ...painted, samplers: ['euler'] }, model())).toEqual([]);
  });

  it('has a scale where the UNet takes it as an input, and none where it lies in the weights', () => {
    const settings = { guidance: 'auto', guidanceScale: 3, sampler: 'lcm' } as const;
    const distilled = model({ guidance: 'distilled' });
    expect(orderedGuidance(settings, distilled)).toEqual({ guidance: 'auto', sampler: 'lcm' });
    expect(orderedGuidance(settings, { ...distilled, takesGuidanceScale: true })).toEqual(settings);
  });

  it('orders no scale that acts on nothing', () => {
    const settings = { guidance: 'off', guidanceScale: 7, guidanceRescale: 0.5, sampler: 'lcm' } as const;
    expect(orderedGuidance(settings, model())).toEqual({ guidance: 'off', sampler: 'lcm' });
    expect(orderedGuidance(settings, model({ guidance: 'full' }))).toEqual({
      guidance: 'off',
      sampler: 'lcm',
    });
  });
});
