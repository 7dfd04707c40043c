import { describe, expect, it } from 'vitest';
import type { Checkpoint } from './checkpoint.ts';
import { composedCheckpoint } from './composed-checkpoint.ts';
import { createWeightSet } from './weight-set.ts';

/** A checkpoint with these texts, whose weights carry its name as their component. */
function named(id: string, texts: readonly string[], assumptions: readonly string[] = []): Checkpoint {
  return {
    id,
    label: `at ${id}`,
    text: (path) => Promise.resolve(texts.includes(path) ? `${id} ${path}` : undefined),
    weights: (component) =>
      Promise.resolve(createWeightSet(`${id} ${component}`, new Map(), () => Promise.resolve(id))),
    assumptions,
  };
}

const CONFIGS = ['unet/config.json', 'vae/config.json', 'model_index.json', 'tokenizer/vocab.json'];
const BASE = named('base', CONFIGS, ['unet eps 1', 'vae groups 32', 'scheduler epsilon']);
const PART = named(
  'part',
  [...CONFIGS, 'tiny_vae/config.json'],
  ['unet eps 2', 'vae groups 8', 'tiny_vae x'],
);

const compose = (component: string, isBare: boolean, base = BASE) =>
  composedCheckpoint(base, new Map([[component, { checkpoint: PART, isBare }]]));

describe('composedCheckpoint', () => {
  it('takes a component, its config and its assumptions from the part, all else from the base', async () => {
    const composed = await compose('vae', false);
    expect([composed.id, composed.label]).toEqual(['base', 'at base']);
    expect(await Promise.all(CONFIGS.map((path) => composed.text(path)))).toEqual([
      'base unet/config.json',
      'part vae/config.json',
      'base model_index.json',
      'base tokenizer/vocab.json',
    ]);
    expect((await composed.weights('vae'))?.component).toBe('part vae');
    expect((await composed.weights('unet'))?.component).toBe('base unet');
    expect(composed.assumptions).toEqual(['unet eps 1', 'scheduler epsilon', 'vae groups 8']);
  });

  it("takes the base's config for a bare file", async () => {
    const composed = await compose('vae', true);
    expect(await composed.text('vae/config.json')).toBe('base vae/config.json');
    expect((await composed.weights('vae'))?.component).toBe('part vae');
    expect(composed.assumptions).toEqual(BASE.assumptions);
  });

  it('takes the derived config for a bare file that the base has none for', async () => {
    const composed = await compose('tiny_vae', true);
    expect(await composed.text('tiny_vae/config.json')).toBe('part tiny_vae/config.json');
    expect(composed.assumptions).toEqual([...BASE.assumptions, 'tiny_vae x']);
  });

  it("takes the base's config for a folder without one", async () => {
    const composed = await composedCheckpoint(
      BASE,
      new Map([['unet', { checkpoint: named('part', []), isBare: false }]]),
    );
    expect(await composed.text('unet/config.json')).toBe('base unet/config.json');
    expect((await composed.weights('unet'))?.component).toBe('part unet');
  });

  it('refuses a part that does not have the component', async () => {
    const part: Checkpoint = { ...PART, weights: () => Promise.resolve(undefined) };
    const composed = await composedCheckpoint(BASE, new Map([['vae', { checkpoint: part, isBare: false }]]));
    await expect(composed.weights('vae')).rejects.toMatchObject({
      code: 'weights/not-found',
      detail: { file: 'vae: at part', status: 404 },
    });
    expect(await composed.weights('unet')).toBeDefined();
  });
});
