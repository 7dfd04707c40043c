import { describe, expect, it } from 'vitest';
import { parseClipConfig } from '../architecture/clip.ts';
import { Config } from '../architecture/config.ts';
import { parseUnetConfig } from '../architecture/unet-config.ts';
import { parseVaeConfig } from '../architecture/vae.ts';
import { parseSchedulerConfig } from '../latents/scheduler-config.ts';
import { readFixture, tinyTokenizer } from '../testing/files.ts';
import { parseManifest } from './manifest.ts';
import type { Model } from './model.ts';
import type { BackendKind, GenerateRequest } from './protocol/generate.ts';
import { resolveSettings, settingsNotices } from './settings.ts';

const REQUEST: GenerateRequest = {
  model: { kind: 'url', url: 'http://localhost/model/' },
  prompt: 'a red apple',
  seed: 7n,
  count: 1,
  guidance: 'auto',
  backend: 'auto',
  precision: 'f32',
  dump: false,
  previews: false,
};

/** What settings are made from: the tiny model's own configs, with changes. */
function modelOf(changes: { unet?: object; manifest?: object; scheduler?: object } = {}): Model {
  const config = (path: string): Record<string, unknown> =>
    JSON.parse(readFixture(`tiny-sdxl/model/${path}`)) as Record<string, unknown>;
  return {
    unet: parseUnetConfig(new Config('unet/config.json', { ...config('unet/config.json'), ...changes.unet })),
    vae: parseVaeConfig(new Config('vae/config.json', config('vae/config.json'))),
    encoders: ['text_encoder', 'text_encoder_2'].map((name) => ({
      config: parseClipConfig(new Config(name, config(`${name}/config.json`)), name.endsWith('2')),
      tokenizer: tinyTokenizer(name.endsWith('2') ? 'tokenizer_2' : 'tokenizer'),
    })),
    scheduler: parseSchedulerConfig({ ...config('scheduler/scheduler_config.json'), ...changes.scheduler }),
    manifest: parseManifest(changes.manifest && JSON.stringify(changes.manifest)),
  } as unknown as Model;
}

const refusal = (code: string, detail: object): object =>
  expect.objectContaining({ code, detail: expect.objectContaining(detail) as object }) as object;

describe('resolveSettings', () => {
  it('takes what the manifest says, then what the model says', () => {
    const manifest = { defaultSize: [96, 64], defaultSteps: 2, sampler: 'turbo', guidance: 'full' };
    expect(resolveSettings(REQUEST, modelOf({ manifest }))).toMatchObject({
      ...{ width: 96, height: 64, latentWidth: 12, latentHeight: 8, steps: 2, sampler: 'turbo' },
      ...{ guidance: 'full', pairedSteps: 2, guidanceScale: 1.5, seeds: [7n] },
    });
    expect(resolveSettings(REQUEST, modelOf())).toMatchObject({
      ...{ width: 64, height: 64, steps: 4, sampler: 'euler-a', guidance: 'off', pairedSteps: 0 },
    });
  });

  it.each([
    ['lcm', 'LCMScheduler'],
    ['tcd', 'TCDScheduler'],
  ])('samples by %s where the manifest or the scheduler file says so', (sampler, className) => {
    const named = [
      modelOf({ manifest: { sampler } }),
      modelOf({ scheduler: { _class_name: className, timestep_spacing: 'leading', steps_offset: 1 } }),
    ];
    for (const model of named) {
      expect(resolveSettings(REQUEST, model)).toMatchObject({
        sampler,
        schedule: { timesteps: [999, 759, 499, 259], initNoiseSigma: 1 },
      });
    }
  });

  it('hands eta on to tcd', () => {
    const order: GenerateRequest = { ...REQUEST, sampler: 'tcd' };
    const draws = (eta: number): number => resolveSettings({ ...order, eta }, modelOf()).schedule.noiseDraws;
    expect([draws(0), draws(0.5)]).toEqual([0, 3]);
    expect(() => resolveSettings({ ...order, eta: 2 }, modelOf())).toThrow(
      refusal('request/invalid', { field: 'eta', value: '2' }),
    );
  });

  it('counts what a seed is varied with up, and leaves the seed', () => {
    const variation = { seed: 5n, strength: 0.3 };
    expect(resolveSettings({ ...REQUEST, count: 2, variation }, modelOf())).toMatchObject({
      seeds: [7n, 7n],
      variations: [
        { seed: 5n, strength: 0.3 },
        { seed: 6n, strength: 0.3 },
      ],
    });
    const none = { ...REQUEST, count: 2, variation: { seed: 5n, strength: 0 } };
    expect(resolveSettings(none, modelOf())).toMatchObject({ seeds: [7n, 8n], variations: [] });
    for (const [wrong, field] of [
      [{ seed: 5n, strength: 1.1 }, 'variation strength'],
      [{ seed: 5n, strength: Number.NaN }, 'variation strength'],
      [{ seed: -1n, strength: 0.1 }, 'variation seed'],
      [{ seed: 2n ** 64n - 1n, strength: 0.1 }, 'variation seed'],
    ] as const)
      expect(() => resolveSettings({ ...REQUEST, count: 2, variation: wrong }, modelOf())).toThrow(
        refusal('request/invalid', { field }),
      );
  });

  it('counts seeds up, and refuses to count past the last', () => {
    const last = 2n ** 64n - 1n;
    expect(resolveSettings({ ...REQUEST, seed: last - 1n, count: 2 }, modelOf()).seeds).toEqual([
      last - 1n,
      last,
    ]);
    expect(() => resolveSettings({ ...REQUEST, seed: last, count: 2 }, modelOf())).toThrow(
      refusal('request/invalid', { field: 'seed' }),
    );
  });

  it('reads what is encoded, and refuses an emphasis beyond all bounds', () => {
    const negative = 'a fox, '.repeat(40);
    const which = (order: object): string[] =>
      resolveSettings({ ...REQUEST, ...order }, modelOf()).prompts.texts.map((text) => text.which);
    expect(which({ negative })).toEqual(['prompt']);
    expect(which({ negative, guidance: 'full' })).toEqual(['prompt', 'negative']);
    const { prompts } = resolveSettings({ ...REQUEST, negative, guidance: 'full' }, modelOf());
    expect(prompts.tokens).toBe(3 * 77);
    // The negative prompt's own, the prompt's, and the empty one that fills up the prompt.
    expect(prompts.windows.map(({ length }) => length)).toEqual([5, 5]);
    for (const prompt of ['(a:1000)', `${'('.repeat(60)}a`, `(a:${'9'.repeat(400)})`])
      expect(() => resolveSettings({ ...REQUEST, prompt }, modelOf())).toThrow(
        refusal('request/invalid', { field: 'emphasis' }),
      );
  });

  it.each([
    [{ width: 100 }, 'request/size', { multiple: 8 }],
    [{ height: 0 }, 'request/size', { multiple: 8 }],
    [{ width: 1_000_000 }, 'request/invalid', { field: 'width' }],
    [{ steps: 0 }, 'request/invalid', { field: 'steps' }],
    [{ count: 1001 }, 'request/invalid', { field: 'count' }],
    [{ guidanceScale: Number.NaN }, 'request/invalid', { field: 'guidance scale' }],
    [{ guidanceRescale: 1.01 }, 'request/invalid', { field: 'guidance rescale' }],
    [{ clipSkip: 3 }, 'request/invalid', { field: 'clip skip', expected: 'a whole number from 0 to 2' }],
    [{ clipSkip: 0.5 }, 'request/invalid', { field: 'clip skip' }],
  ])('refuses %o', (order, code, detail) => {
    expect(() => resolveSettings({ ...REQUEST, ...order }, modelOf())).toThrow(refusal(code, detail));
  });

  it('refuses a sampler or guidance of the manifest only when it is used', () => {
    const model = modelOf({ manifest: { sampler: 'ddim', guidance: 'self-negative' } });
    expect(() => resolveSettings({ ...REQUEST, guidance: 'off' }, model)).toThrow(
      refusal('model/unsupported', { file: 'emulsion.json', field: 'sampler', value: '"ddim"' }),
    );
    expect(() => resolveSettings({ ...REQUEST, sampler: 'euler' }, model)).toThrow(
      refusal('model/unsupported', { file: 'emulsion.json', field: 'guidance', value: '"self-negative"' }),
    );
    expect(resolveSettings({ ...REQUEST, sampler: 'euler', guidance: 'off' }, model).sampler).toBe('euler');
  });

  it.each([
    ['off', 0],
    ['first-step', 1],
    ['full', 4],
    ['onetime-negative', 1],
  ] as const)('%s: %d of four steps take two evaluations', (guidance, paired) => {
    const manifest = { guidance };
    for (const [order, model] of [
      [{ ...REQUEST, guidance }, modelOf()],
      [REQUEST, modelOf({ manifest })],
    ] as const)
      expect(resolveSettings(order, model)).toMatchObject({ guidance, pairedSteps: paired });
  });

  it('takes a model for distilled that says so, and no other', () => {
    const order: GenerateRequest = { ...REQUEST, guidance: 'distilled' };
    const distilled = { guidance: 'distilled', pairedSteps: 0 };
    expect(resolveSettings(order, modelOf({ manifest: { guidance: 'distilled' } }))).toMatchObject(distilled);
    expect(resolveSettings(order, modelOf({ unet: { time_cond_proj_dim: 16 } }))).toMatchObject(distilled);
    for (const manifest of [{}, { guidance: 'full' }])
      expect(() => resolveSettings(order, modelOf({ manifest }))).toThrow(
        refusal('request/invalid', { field: 'guidance', value: 'distilled' }),
      );
  });

  it('never evaluates a UNet twice that takes its guidance as an input', () => {
    const model = modelOf({ unet: { time_cond_proj_dim: 16 } });
    expect(resolveSettings({ ...REQUEST, guidance: 'off' }, model)).toMatchObject({
      guidance: 'distilled',
      pairedSteps: 0,
    });
    for (const guidance of ['first-step', 'full', 'onetime-negative'] as const)
      expect(() => resolveSettings({ ...REQUEST, guidance }, model)).toThrow(
        refusal('request/invalid', { field: 'guidance', value: guidance }),
      );
    const manifest = { guidance: 'full' };
    expect(() => resolveSettings(REQUEST, modelOf({ unet: { time_cond_proj_dim: 16 }, manifest }))).toThrow(
      refusal('request/invalid', { field: 'guidance' }),
    );
  });
});

describe('settingsNotices', () => {
  const notices = (
    order: Partial<GenerateRequest>,
    model = modelOf(),
    backend: BackendKind = 'wasm',
  ): object[] => {
    const request = { ...REQUEST, ...order };
    return settingsNotices(request, model, resolveSettings(request, model), backend);
  };

  it('says what had no effect', () => {
    expect(notices({})).toEqual([]);
    expect(notices({ negative: 'blurry' })).toEqual([{ kind: 'negative-unused' }]);
    expect(notices({ guidanceScale: 7 })).toEqual([{ kind: 'guidance-scale-unused' }]);
    expect(notices({ guidanceRescale: 0.7 })).toEqual([{ kind: 'guidance-rescale-unused' }]);
    for (const guidance of ['first-step', 'full', 'onetime-negative'] as const)
      expect(notices({ guidance, negative: 'blurry', guidanceScale: 7, guidanceRescale: 0.7 })).toEqual([]);
    const distilled = modelOf({ manifest: { guidance: 'distilled' } });
    expect(notices({ guidanceScale: 7 }, distilled)).toEqual([{ kind: 'guidance-scale-unused' }]);
    expect(notices({ guidance: 'full' }, distilled)).toEqual([{ kind: 'guidance-twice', mode: 'full' }]);
  });

  it('says what of the prompts is not computed, where they act', () => {
    const editing = { kind: 'prompt-editing', found: '[cat:dog:0.5]' };
    expect(notices({ prompt: 'a [cat:dog:0.5], [red|blue]' })).toEqual([editing]);
    expect(notices({ negative: editing.found, guidance: 'full' })).toEqual([editing]);
    expect(notices({ negative: editing.found })).toEqual([{ kind: 'negative-unused' }]);
  });

  it('says that a GPU budget is nothing to a CPU', () => {
    const order = { gpuBudgetBytes: 2 ** 30 };
    expect(notices(order)).toEqual([{ kind: 'gpu-budget-unused' }]);
    expect(notices(order, modelOf(), 'webgpu')).toEqual([]);
  });

  it('says that guidance cannot be turned off where it is an input', () => {
    const model = modelOf({ unet: { time_cond_proj_dim: 16 } });
    expect(notices({ guidance: 'off', guidanceScale: 3 }, model)).toEqual([
      { kind: 'guidance-embedded', scale: 3 },
    ]);
  });
});
