/** @file What is asked of the planner, and ordered, of a picture that is kept. */
import type { ReactiveControllerHost } from 'lit';
import { beforeEach, expect, it, vi } from 'vitest';
import type { Engine } from '../../engine/protocol/engine.ts';
import type { GenerateRequest } from '../../engine/protocol/generate.ts';
import type { ModelDescription } from '../../engine/protocol/model.ts';
import type { OpenModel } from '../models/model-choice.ts';
import { settingsOf } from '../settings/picture-settings.ts';
import { OffspringControl } from './offspring-control.ts';

const HOST = { addController: () => undefined } as Partial<ReactiveControllerHost> as ReactiveControllerHost;
const MODEL: OpenModel = {
  id: 'emoji',
  reference: { kind: 'stored', id: 'emoji' },
  description: {
    ...{ id: 'emoji', name: 'Emoji', steps: 4, sampler: 'turbo', sizeMultiple: 8, mostClipSkip: 1 },
    ...{ guidance: 'off', guidanceScale: 1.5, takesGuidanceScale: false },
  } as ModelDescription,
};
const SIZE = { width: 64, height: 96 };
/** What the form says once the picture's settings are in it. */
const DESCRIBED: GenerateRequest = {
  ...{ model: MODEL.reference, prompt: 'a fox', seed: 7n, steps: 2, count: 1, guidance: 'off', ...SIZE },
  ...{ backend: 'auto', precision: 'bf16', dump: false, previews: true },
};

let described: GenerateRequest | undefined;
const paint = vi.fn((_: GenerateRequest) => undefined);
const control = new OffspringControl(HOST, {
  engine: () => ({}) as Engine,
  model: () => MODEL,
  picture: () => undefined,
  describe: () => described,
  choices: () => ({ memory: { gpuBudgetBytes: 7 }, backend: 'webgpu' }),
  beginFrom: () => Promise.resolve(),
  paint,
});

beforeEach(() => {
  described = DESCRIBED;
  paint.mockClear();
});

it.each([
  ['3', { guidance: 'full', guidanceScale: 3, negative: 'blur' }],
  ['1', { guidance: 'auto' }],
])(
  'asks for what the picture was painted with, guided by %s, within the budgets of the page',
  (scale, told) => {
    const text = { prompt: 'a fox <lora:ink:0.5>', negative: 'blur' };
    const values = {
      Steps: '2',
      Sampler: 'Euler',
      'CFG scale': scale,
      'Clip skip': '2',
      Version: 'Emulsion 0.1',
    };
    const question = control.question(settingsOf({ ...text, values }), SIZE);
    expect(question?.sizes).toEqual([
      { width: 96, height: 144 },
      { width: 128, height: 192 },
    ]);
    const { initImage, ...request } = question?.request ?? DESCRIBED;
    expect(initImage?.strength).toBe(0.5);
    expect(request).toMatchObject({
      prompt: 'a fox',
      clipSkip: 1,
      gpuBudgetBytes: 7,
      backend: 'webgpu',
      ...told,
    });
    expect('negative' in request).toBe('negative' in told);
  },
);

it('orders the same larger, begun from its file', async () => {
  const size = { width: 96, height: 144 };
  const file = new Blob([new Uint8Array([1, 2])]);
  await control.enlarge(file, size);
  expect(paint.mock.lastCall?.[0]).toMatchObject({
    ...{ prompt: 'a fox', seed: 7n, steps: 4, precision: 'bf16', ...size, gpuBudgetBytes: 7 },
    initImage: { bytes: new Uint8Array([1, 2]), strength: 0.5 },
  });
  described = undefined;
  await control.enlarge(file, size);
  expect(paint).toHaveBeenCalledOnce();
});
