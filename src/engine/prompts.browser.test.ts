/**
 * @file Emphasis and prompts of several chunks against whole runs of diffusers' pipeline, which was given embeddings made
 * with transformers; `e2e/fixtures/prompts/make.py` made them.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BACKENDS, FIXTURES, loadReference } from '../testing/reference.ts';
import { relativeL2 } from '../testing/relative-l2.ts';
import { TINY_FOLDER } from '../testing/tiny-request.ts';
import type { Backend } from '../runtime/backend.ts';
import { folderCheckpoint } from '../weights/folder-checkpoint.ts';
import { httpSource } from '../weights/http-source.ts';
import type { F32Tensor } from '../weights/safetensors.ts';
import { encodeTexts, type TextConditioning } from './conditioning.ts';
import { generate } from './generate.ts';
import { modelStreams, openModel, type Model } from './model.ts';
import type { GenerateRequest } from './protocol/generate.ts';
import { readPrompts } from './read-prompts.ts';
import { resolveSettings } from './settings.ts';

const TEXT_BAR = 1e-5;
const LATENTS_BAR = 1e-3;
const NOTHING = new Float32Array();

type Run = Omit<Partial<GenerateRequest>, 'seed'> & {
  readonly tag: string;
  readonly prompt: string;
  readonly seed: number;
};

describe.each(BACKENDS)('prompts on %s', (backendName, open) => {
  let backend: Backend;
  let model: Model;
  let expected: (name: string) => F32Tensor;
  let runs: readonly Run[];

  beforeAll(async () => {
    backend = await open();
    model = await openModel(folderCheckpoint(httpSource(TINY_FOLDER)));
    expected = await loadReference('prompts/runs.safetensors');
    runs = (await (await fetch(`${FIXTURES}prompts/runs.json`)).json()) as readonly Run[];
  });
  afterAll(() => backend.dispose());

  const requestOf = (tag: string): GenerateRequest => {
    const run = runs.find((candidate) => candidate.tag === tag);
    if (!run) throw new Error(`there is no run ${tag}`);
    return {
      ...{ model: { kind: 'url', url: TINY_FOLDER }, count: 1, sampler: 'turbo', guidance: 'off' },
      ...{ backend: 'auto', precision: 'f32', dump: true, previews: false },
      ...run,
      seed: BigInt(run.seed),
    };
  };
  const encode = (request: GenerateRequest): Promise<TextConditioning[]> =>
    encodeTexts(backend, model, resolveSettings(request, model).prompts, {});

  it.each(['weighted', 'long'])('encodes the %s one', async (tag) => {
    const request = requestOf(tag);
    const [positive, negative] = await encode(request);
    const compare = (ours: TextConditioning | undefined, name: string): void => {
      expect(relativeL2(ours?.context ?? NOTHING, expected(`${tag}.${name}context`).data)).toBeLessThan(
        TEXT_BAR,
      );
      expect(relativeL2(ours?.pooled ?? NOTHING, expected(`${tag}.${name}pooled`).data)).toBeLessThan(
        TEXT_BAR,
      );
    };
    compare(positive, '');
    if (request.negative !== undefined) compare(negative, 'negative_');
  });

  it.each(backendName === 'wasm' ? ['weighted', 'long'] : [])('paints the %s one', async (tag) => {
    const budgets = { gpuBytes: null, ramBytes: 2 ** 28, largestBytes: Infinity };
    const { images } = await generate(backend, model, requestOf(tag), {}, { budgets, loadMs: 0, loras: [] });
    const { context, latents, image } = images[0]?.dump ?? {};
    expect(context?.shape).toEqual(expected(`${tag}.context`).shape);
    expect(relativeL2(latents?.data ?? NOTHING, expected(`${tag}.latents`).data)).toBeLessThan(LATENTS_BAR);
    expect(relativeL2(image?.data ?? NOTHING, expected(`${tag}.image`).data)).toBeLessThan(LATENTS_BAR);
  });

  it('paints a small one of three chunks within the memory that was planned for it', async () => {
    const gpuBytes = backendName === 'wasm' ? null : 2 ** 28;
    const budgets = { gpuBytes, ramBytes: 2 ** 28, largestBytes: 2 ** 28 };
    const request: GenerateRequest = { ...requestOf('small'), vae: 'tiny' };
    const { images, gpu } = await generate(backend, model, request, {}, { budgets, loadMs: 0, loras: [] });
    const latents = images[0]?.dump?.['latents']?.data ?? NOTHING;
    expect(relativeL2(latents, expected('small.latents').data)).toBeLessThan(LATENTS_BAR);
    expect(gpu?.peakBytes ?? 0).toBeLessThanOrEqual(gpu?.planned.peakBytes ?? 0);
  });

  it('loads every stage once for all chunks', async () => {
    const [stream] = modelStreams(model);
    const acquired: string[] = [];
    const acquire = stream?.acquire.bind(stream);
    if (!stream || !acquire) throw new Error('the model has no text encoder');
    stream.acquire = (stage, ...rest) => {
      acquired.push(stage.name);
      return acquire(stage, ...rest);
    };
    try {
      await encode(requestOf('long'));
    } finally {
      stream.acquire = acquire;
    }
    expect(acquired.length).toBeGreaterThan(0);
    expect(new Set(acquired).size).toBe(acquired.length);
  });

  it('leaves every bit of a text without emphasis as it is beside longer ones', async () => {
    const alone = readPrompts(model, [{ which: 'prompt', text: 'a red apple' }]);
    const beside = readPrompts(model, [
      { which: 'prompt', text: 'a red apple' },
      { which: 'negative', text: 'a (fox), '.repeat(60) },
    ]);
    const [plain] = await encodeTexts(backend, model, alone, {});
    const [padded, long] = await encodeTexts(backend, model, beside, {});
    const [empty] = await encodeTexts(
      backend,
      model,
      readPrompts(model, [{ which: 'prompt', text: '' }]),
      {},
    );
    expect(padded?.context.length).toBe(long?.context.length);
    const size = plain?.context.length ?? NaN;
    expect(padded?.context.subarray(0, size)).toEqual(plain?.context);
    expect(padded?.context.subarray(size, 2 * size)).toEqual(empty?.context);
    expect(padded?.pooled).toEqual(plain?.pooled);
  });
});
