/** @file What is decided for SDXL's own sizes before anything runs. */
import { describe, expect, it } from 'vitest';
import { parseClipConfig } from '../architecture/clip.ts';
import { changed, SDXL } from '../architecture/test-configs.ts';
import { parseTinyVaeConfig } from '../architecture/tiny-vae.ts';
import { parseUnetConfig } from '../architecture/unet-config.ts';
import { parseVaeConfig } from '../architecture/vae.ts';
import { planPictures, type Budgets, type PictureMemory } from './memory.ts';
import type { Model } from './model.ts';
import type { GenerateRequest } from './protocol/generate.ts';
import type { Settings } from './settings.ts';

const MIB = 1024 ** 2;

const encoder = (fields: typeof SDXL.textEncoder, component: string, projected: boolean) => ({
  config: parseClipConfig(changed(fields, {}), projected),
  component,
  tokenizer: { maxLength: 77, capacity: 75 },
});

/** As much of a model as plans depend on. */
const MODEL = {
  unet: parseUnetConfig(changed(SDXL.unet, {})),
  vae: parseVaeConfig(changed(SDXL.vae, {})),
  tinyVae: { config: parseTinyVaeConfig(changed(SDXL.tinyVae, {})) },
  encoders: [
    encoder(SDXL.textEncoder, 'text_encoder', false),
    encoder(SDXL.textEncoder2, 'text_encoder_2', true),
  ],
  streams: {},
  zerosForAbsentNegative: true,
} as unknown as Model;

const WASM: Budgets = { gpuBytes: null, ramBytes: 0, largestBytes: Infinity };

interface PlanOptions {
  readonly pairedSteps?: number;
  readonly windows?: number;
  readonly begun?: Pick<GenerateRequest, 'initImage'>;
}

function plan(
  side: number,
  vae: GenerateRequest['vae'],
  budgets: Budgets,
  { pairedSteps = 0, windows = 1, begun = {} }: PlanOptions = {},
): PictureMemory {
  const size = { width: side, height: side, latentHeight: side / 8, latentWidth: side / 8 };
  const prompts = {
    texts: [{}],
    windows: [0, 1].map(() => Array.from({ length: windows }, () => new Int32Array(77))),
    tokens: 77 * windows,
  };
  const settings = {
    ...{ ...size, steps: 1, pairedSteps, prompts, seeds: [1n], clipSkip: 0 },
  } as unknown as Settings;
  return planPictures(
    MODEL,
    { ...begun, ...(vae && { vae }) } as unknown as GenerateRequest,
    settings,
    budgets,
  );
}

const BEGUN = { initImage: { bytes: new Uint8Array(), strength: 0.5 } };

describe('planPictures of a picture that is begun from', { timeout: 60_000 }, () => {
  const gpu = (mebibytes: number): Budgets => ({
    gpuBytes: mebibytes * MIB,
    ramBytes: 0,
    largestBytes: Infinity,
  });

  it('encodes it in tiles where it does not fit in one piece', () => {
    const { encode, plan: memory } = plan(1024, undefined, gpu(512), { begun: BEGUN });
    expect(encode).toMatchObject({ vae: 'tiled', byNeed: true });
    expect(memory?.peakBytes).toBeLessThanOrEqual(512 * MIB);
    expect(plan(256, undefined, gpu(2048), { begun: BEGUN }).encode).toEqual({
      ...{ vae: 'full', vaeTile: undefined, byNeed: false },
    });
    expect(plan(1024, undefined, WASM, { begun: BEGUN }).encode).toMatchObject({
      vae: 'tiled',
      byNeed: true,
    });
    expect(plan(1024, undefined, gpu(512)).encode).toBeUndefined();
  });

  it('refuses what fits in no tile, and what is to go in one piece and does not', () => {
    expect(() => plan(1024, 'full', gpu(512), { begun: BEGUN })).toThrow(
      expect.objectContaining({ code: 'request/budget' }),
    );
    // The small decoder leaves the encoder its choice.
    expect(plan(1024, 'tiny', gpu(512), { begun: BEGUN })).toMatchObject({
      decode: { vae: 'tiny' },
      encode: { vae: 'tiled' },
    });
  });
});

describe('planPictures on WASM', { timeout: 60_000 }, () => {
  it('decodes in tiles what would fill the heap', () => {
    expect(plan(256, undefined, WASM).decode).toMatchObject({ vae: 'full' });
    expect(plan(1024, undefined, WASM).decode).toMatchObject({ vae: 'tiled', byNeed: true });
    expect(plan(1024, 'tiny', WASM).decode.vaeTile).toBeDefined();
  });

  it('refuses a prompt that WASM cannot address, with a length that it can', () => {
    expect(() => plan(1024, undefined, WASM, { windows: 400 })).toThrow(
      expect.objectContaining({
        code: 'request/prompt-length',
        detail: expect.objectContaining({ tokens: 30_000, limitMiB: 3072 }) as object,
      }),
    );
  });

  it('refuses what WASM cannot address, with a size that it can', () => {
    const refused = (): unknown => plan(2048, undefined, WASM);
    expect(refused).toThrow(
      expect.objectContaining({
        code: 'request/heap',
        detail: expect.objectContaining({ limitMiB: 3072, fits: '1280×1280' }) as object,
      }),
    );
    expect(() => plan(1280, undefined, WASM)).not.toThrow();
    expect(() => plan(1024, 'full', WASM)).toThrow(expect.objectContaining({ code: 'request/heap' }));
  });
});

describe('planPictures on a GPU', { timeout: 60_000 }, () => {
  it('refuses what takes a larger buffer than the device gives, with a size that does not', () => {
    const small: Budgets = { gpuBytes: 8192 * MIB, ramBytes: 0, largestBytes: 256 * MIB };
    expect(() => plan(2048, undefined, small)).toThrow(
      expect.objectContaining({
        code: 'request/buffer',
        detail: { width: 2048, height: 2048, limitMiB: 256, neededMiB: 320, fits: '1792×1792' },
      }),
    );
    expect(plan(1792, undefined, small).decode.vae).toBe('tiled');
    expect(() => plan(2048, undefined, { ...small, largestBytes: 320 * MIB })).not.toThrow();
  });

  it('takes more memory for guidance by two evaluations, but no larger buffer', () => {
    const most: Budgets = { gpuBytes: 8192 * MIB, ramBytes: 0, largestBytes: 128 * MIB };
    expect(() => plan(1024, undefined, most, { pairedSteps: 1 })).not.toThrow();
    const needed = [0, 1].map((pairedSteps) => {
      try {
        plan(1024, 'tiled', { ...most, gpuBytes: MIB }, { pairedSteps });
      } catch (error) {
        return (error as { detail: { neededMiB: number } }).detail.neededMiB;
      }
      return NaN;
    });
    expect(needed[1]).toBeGreaterThan(needed[0] ?? NaN);
  });

  it('plans for the length of the prompt, and says which would fit where it is too long', () => {
    const gpu = { gpuBytes: 400 * MIB, ramBytes: 0, largestBytes: Infinity };
    const peaks = [1, 8].map((windows) => plan(512, undefined, gpu, { windows }).plan?.peakBytes ?? NaN);
    for (const peak of peaks) expect(peak).toBeLessThanOrEqual(400 * MIB);
    let detail = { tokens: 0, fits: 0, neededMiB: 0, limitMiB: 0 };
    try {
      plan(512, undefined, gpu, { windows: 300 });
    } catch (error) {
      expect(error).toMatchObject({ code: 'request/prompt-length' });
      ({ detail } = error as { detail: typeof detail });
    }
    expect(detail).toMatchObject({ tokens: 22_500, limitMiB: 400 });
    expect(detail.neededMiB).toBeGreaterThan(400);
    const most = detail.fits / 75;
    expect(() => plan(512, undefined, gpu, { windows: most })).not.toThrow();
    expect(() => plan(512, undefined, gpu, { windows: most + 1 })).toThrow(
      expect.objectContaining({ code: 'request/prompt-length' }),
    );
  });

  it('says that no size will do where the weights alone take too large a buffer', () => {
    const tiny: Budgets = { gpuBytes: 8192 * MIB, ramBytes: 0, largestBytes: 64 * MIB };
    expect(() => plan(64, undefined, tiny)).toThrow(
      expect.objectContaining({
        code: 'request/buffer',
        detail: expect.objectContaining({ limitMiB: 64, fits: '' }) as object,
      }),
    );
  });

  it('decodes with the tiny autoencoder in tiles where it does not fit in one piece', () => {
    const gpu = (mebibytes: number): Budgets => ({
      gpuBytes: mebibytes * MIB,
      ramBytes: 0,
      largestBytes: Infinity,
    });
    const { decode, plan: memory } = plan(1024, 'tiny', gpu(512));
    expect(decode).toEqual({ vae: 'tiny', vaeTile: 70, byNeed: false });
    expect(memory?.peakBytes).toBeLessThanOrEqual(512 * MIB);
    expect(plan(1024, 'tiny', gpu(2048)).decode.vaeTile).toBeUndefined();
  });
});
