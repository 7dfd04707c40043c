/** @file Trials on the tiny SDXL model: of pictures that go wrong, and cut short. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LoraTrial } from '../../lora/trial-report.ts';
import type { Backend } from '../../runtime/backend.ts';
import { BACKENDS, FIXTURES } from '../../testing/reference.ts';
import { TINY_FOLDER } from '../../testing/tiny-request.ts';
import { folderCheckpoint } from '../../weights/folder-checkpoint.ts';
import { httpSource } from '../../weights/http-source.ts';
import { toChannelsLast } from '../layout.ts';
import { openModel, type Model } from '../model.ts';
import { seededNoise } from '../noise-source.ts';
import type { TrialHandlers, TrialOrder } from '../protocol/lora-desk.ts';
import { ModelLoras } from './model-loras.ts';
import { tryLora } from './trial.ts';

const ORDER: TrialOrder = {
  lora: { kind: 'url', url: `${FIXTURES}tiny-sdxl/lora_kohya_r8_a4.safetensors` },
  model: { kind: 'url', url: TINY_FOLDER },
  weight: 1,
  settings: { backend: 'wasm', precision: 'f32', vae: 'tiny' },
};
const BUDGETS = { gpuBytes: 2 ** 30, ramBytes: 2 ** 28, largestBytes: 2 ** 28 };
/** Of the second test picture. */
const SEED = 2n;

/** The cosine of the angle between two lists of values. */
function alignment(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array) =>
    x.reduce((sum, value, i) => sum + value * (y[i] ?? NaN), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

describe('a trial', () => {
  let real: Backend;
  let model: Model;
  let loras: ModelLoras;
  let sound: LoraTrial;
  /** When the latents that begin as the second picture's noise hold NaN. */
  let spoils: 'never' | 'with' | 'always';
  let usesLora: boolean;

  beforeAll(async () => {
    const [, open] = BACKENDS.find(([name]) => name === 'wasm') ?? [];
    if (!open) throw new Error('there is no WASM backend');
    real = await open();
    const checkpoint = folderCheckpoint(httpSource(TINY_FOLDER));
    model = await openModel(checkpoint);
    loras = new ModelLoras(model, checkpoint);
    sound = await attempt('never');
  });
  afterAll(() => real.dispose());

  function attempt(spoiling: typeof spoils, handlers: TrialHandlers = {}): Promise<LoraTrial> {
    spoils = spoiling;
    const noted = Object.assign(Object.create(loras) as ModelLoras, {
      use: (...words: Parameters<ModelLoras['use']>) => {
        usesLora = (words[0].loras ?? []).length > 0;
        return loras.use(...words);
      },
    });
    return tryLora({ backend: spoiled, model, loras: noted, budgets: BUDGETS }, ORDER, handlers);
  }

  /** The backend, but for what it is given to paint the second picture from. */
  const spoiled = new Proxy({} as Backend, {
    get(_, name) {
      const member: unknown = Reflect.get(real, name, real);
      if (name === 'upload')
        return (...[data, shape]: Parameters<Backend['upload']>) => {
          const isHere = spoils === 'always' || (spoils === 'with' && usesLora);
          return real.upload(isHere && isSecond(data) ? data.map(() => NaN) : data, shape);
        };
      return typeof member === 'function' ? (member.bind(real) as unknown) : member;
    },
  });

  function isSecond(data: Float32Array | Int32Array): boolean {
    if (data instanceof Int32Array) return false;
    const { latentChannels } = model.unet;
    const noise = toChannelsLast(seededNoise(SEED, data.length).initial(), latentChannels);
    return data.length % latentChannels === 0 && alignment(data, noise) > 0.99;
  }

  it('paints three pairs', () => {
    const pictures = sound.pairs.flatMap(({ plain, adapted }) => [plain, adapted]);
    expect(pictures.map((picture) => 'png' in picture)).toEqual(Array(6).fill(true));
  });

  it('says which picture failed with the LoRA and why, and keeps the others', async () => {
    const { pairs, concerns } = await attempt('with');
    const [first, second, third] = pairs;
    expect([first, third]).toEqual([sound.pairs[0], sound.pairs[2]]);
    expect(second?.plain).toEqual(sound.pairs[1]?.plain);
    expect(second?.adapted).toMatchObject({ failure: { code: 'image/not-finite' } });
    const value = expect.any(Number) as number;
    expect(concerns.filter(({ pair }) => pair === 1)).toEqual([{ kind: 'finite', pair: 1, value, limit: 0 }]);
    const others = ({ concerns: all }: LoraTrial) => all.filter(({ pair }) => pair !== 1);
    expect(concerns.filter(({ pair }) => pair !== 1)).toEqual(others(sound));
  });

  it('does not blame the LoRA for a picture that fails without it, too', async () => {
    const { pairs, concerns } = await attempt('always');
    const { plain, adapted } = pairs[1] ?? {};
    for (const picture of [plain, adapted])
      expect(picture).toMatchObject({ failure: { code: 'image/not-finite' } });
    expect(concerns.filter(({ pair }) => pair === 1)).toEqual([]);
    expect(pairs[2]).toEqual(sound.pairs[2]);
  });

  it('leaves nothing behind where it is stopped, whenever that is', async () => {
    for (const part of [0, 1, 2.4, 3.2]) {
      const abort = new AbortController();
      const onProgress = (done: number): void => {
        if (done >= part) abort.abort();
      };
      const stopped = attempt('never', { signal: abort.signal, onProgress });
      if (part === 0) abort.abort();
      await expect(stopped).rejects.toMatchObject({ code: 'engine/cancelled' });
    }
    expect(await attempt('never')).toEqual(sound);
  });
});
