import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { UsageError } from '../headless/words.ts';
import { modelToCheck } from './model.ts';

const TINY = fileURLToPath(new URL('../../e2e/fixtures/tiny-sdxl/model', import.meta.url));
const folder = mkdtempSync(path.join(os.tmpdir(), 'emulsion-check-'));
writeFileSync(path.join(folder, 'full.safetensors'), '');
afterAll(() => rmSync(folder, { recursive: true }));

describe('modelToCheck', () => {
  it('is one file with the text encoders of a folder', async () => {
    const { order, folders } = await modelToCheck('full.safetensors', TINY, folder);
    expect(order).toMatchObject({
      kind: 'composed',
      base: { kind: 'url', url: expect.stringContaining('full.safetensors') as string },
      parts: { text_encoder: { kind: 'url' }, text_encoder_2: { kind: 'url' } },
    });
    expect(Object.values(folders)).toContain(TINY);
    expect((await modelToCheck('full.safetensors', undefined, folder)).order.kind).toBe('url');
  });

  it('is no folder with another UNet, and none without one', async () => {
    await expect(modelToCheck(TINY, undefined, folder)).rejects.toThrow(UsageError);
    writeFileSync(path.join(folder, 'model_index.json'), '{}');
    await expect(modelToCheck('.', undefined, folder)).rejects.toThrow(
      /not that of make-checkpoint's size full/,
    );
  });

  it('takes text encoders from a folder alone', async () => {
    for (const text of ['full.safetensors', 'gone'])
      await expect(modelToCheck('full.safetensors', text, folder)).rejects.toThrow(/--text takes a folder/);
  });

  it('names a checkpoint that is not there', async () => {
    await expect(modelToCheck('gone.safetensors', undefined, folder)).rejects.toMatchObject({
      code: 'model/unknown',
    });
  });
});
