/** @file One model in many shapes, opened by the engine: the picture is the same whichever way it comes. */
import { beforeAll, describe, expect, it } from 'vitest';
import { FIXTURES } from '../testing/reference.ts';
import { parseF32Safetensors, writeSafetensors } from '../weights/safetensors.ts';
import { createEngine } from './engine.ts';
import type { GenerateRequest, Notice } from './protocol/generate.ts';
import type { ModelReference } from './protocol/model.ts';

const TINY = `${FIXTURES}tiny-sdxl/`;
const FILE_URL = `${TINY}single_file_ldm.bf16.safetensors`;
const FOLDER: ModelReference = { kind: 'url', url: `${TINY}model/` };
const FILE: ModelReference = { kind: 'url', url: FILE_URL };
const SIDECAR = `${TINY}single_file_ldm.bf16.emulsion.json`;

const engine = createEngine();

async function paint(model: ModelReference, notices: Notice[] = []): Promise<Float32Array> {
  const request: GenerateRequest = {
    model,
    prompt: 'a red apple',
    seed: 5n,
    steps: 1,
    width: 64,
    height: 64,
    count: 1,
    guidance: 'auto',
    backend: 'wasm',
    precision: 'f32',
    dump: true,
    previews: false,
  };
  const result = await engine.generate(request, { onNotice: (notice) => notices.push(notice) });
  return result.images[0]?.dump?.['image']?.data ?? new Float32Array();
}

async function fetched(name: string, url: string): Promise<File> {
  return new File([await (await fetch(url)).blob()], name);
}

describe('a picture', () => {
  let expected: Float32Array;

  beforeAll(async () => {
    expected = await paint(FOLDER);
    expect(expected).toHaveLength(3 * 64 * 64);
    expect(new Set(expected).size).toBeGreaterThan(1000);
  });

  it('from a single file on the web is that from the folder, and what was assumed is said once', async () => {
    const notices: Notice[] = [];
    expect(await paint(FILE, notices)).toEqual(expected);
    await paint(FILE, notices);
    expect(notices).toEqual([{ kind: 'model-assumed', assumptions: expect.any(Array) as string[] }]);
    const [notice] = notices;
    expect(notice?.kind === 'model-assumed' && notice.assumptions).toContain('vae scaling_factor 0.13025');
  });

  it('from a single file on disk is that from the folder', async () => {
    const files = [await fetched('tiny.safetensors', FILE_URL), await fetched('tiny.emulsion.json', SIDECAR)];
    expect(await paint({ kind: 'files', files })).toEqual(expected);
  });

  it('from parts of other models is that from the whole', async () => {
    const part = (url: string): ModelReference => ({ kind: 'url', url: TINY + url });
    const composed: ModelReference = {
      kind: 'composed',
      base: FOLDER,
      parts: {
        unet: FILE,
        vae: part('model/vae/diffusion_pytorch_model.safetensors'),
        text_encoder: part('model/text_encoder/'),
        text_encoder_2: FOLDER,
      },
    };
    const notices: Notice[] = [];
    expect(await paint(composed, notices)).toEqual(expected);
    expect(notices).toEqual([]);
  });

  it('says once how much of its weights was lost to rounding, where nothing is stored', async () => {
    const name = 'diffusion_pytorch_model.safetensors';
    const bytes = new Uint8Array(await (await fetch(`${TINY}model/vae/${name}`)).arrayBuffer());
    // All are exact in bfloat16, to which so small a change is lost.
    const changed = [...parseF32Safetensors(bytes, name)].map(([tensor, { shape, data }]) => [
      tensor,
      { shape, data: data.map((value) => value * (1 + 2 ** -10)) },
    ]);
    const file = writeSafetensors(Object.fromEntries(changed) as Parameters<typeof writeSafetensors>[0]);
    const vae: ModelReference = { kind: 'files', files: [new File([file], name)] };
    const notices: Notice[] = [];
    const model: ModelReference = { kind: 'composed', base: FOLDER, parts: { vae } };
    expect(await paint(model, notices)).toEqual(expected);
    await paint(model, notices);
    expect(notices).toEqual([
      {
        kind: 'weights-rounded',
        relativeL2: expect.any(Number) as number,
        tensors: expect.any(Number) as number,
      },
    ]);
    const [notice] = notices;
    if (notice?.kind !== 'weights-rounded') throw new Error('another notice');
    expect(notice.relativeL2).toBeCloseTo(2 ** -10 / (1 + 2 ** -10), 9);
  });
});

describe('a manifest', () => {
  const withManifest = async (components: object): Promise<ModelReference> => {
    const said = (await (await fetch(SIDECAR)).json()) as object;
    return {
      kind: 'files',
      files: [
        await fetched('tiny.safetensors', FILE_URL),
        new File([JSON.stringify({ ...said, components })], 'emulsion.json'),
      ],
    };
  };

  it('may name components elsewhere', async () => {
    const model = await withManifest({ vae: `${TINY}model/vae/`, tiny_vae: `${TINY}model/tiny_vae/` });
    expect(await engine.describe(model)).toMatchObject({ id: 'tiny', width: 64, height: 64 });
  });

  it.each([
    [{ decoder: 'https://host/' }, 'there is no component "decoder"'],
    [{ vae: 5 }, 'the component "vae" has no address or path'],
  ])('is refused with %j', async (components, reason) => {
    await expect(engine.describe(await withManifest(components))).rejects.toMatchObject({
      code: 'model/config-invalid',
      detail: { file: 'emulsion.json', reason },
    });
  });
});
