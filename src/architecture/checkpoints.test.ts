import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { RandomAccessFile } from '../weights/source.ts';
import { readSafetensorsHeader } from '../weights/safetensors.ts';
import { buildClip, embeddingTables, parseClipConfig } from './clip.ts';
import { Config } from './config.ts';
import checkpoints from './golden/sdxl-checkpoints.json' with { type: 'json' };
import { programWeights, type Program, type WeightSpec } from './program.ts';
import { changed, SDXL } from './test-configs.ts';
import { buildTinyVaeDecoder, parseTinyVaeConfig } from './tiny-vae.ts';
import { buildUnet } from './unet.ts';
import { parseUnetConfig } from './unet-config.ts';
import { buildVaeDecoder, buildVaeEncoder, parseVaeConfig } from './vae.ts';

const SMALL = { height: 8, width: 8 };

const unet = (config: Config): Program =>
  buildUnet(parseUnetConfig(config), { ...SMALL, batch: 1, tokens: 77 });
const vaeDecoder = (config: Config): Program => buildVaeDecoder(parseVaeConfig(config), SMALL);
const vaeEncoder = (config: Config): Program =>
  buildVaeEncoder(parseVaeConfig(config), { height: 64, width: 64 });

function vaeWeights(config: Config): WeightSpec[] {
  return [vaeDecoder(config), vaeEncoder(config)].flatMap(programWeights);
}

/** All that an encoder reads: the program's tensors and the tables whose rows are looked up. */
function clipWeights(config: Config, projected: boolean): WeightSpec[] {
  const parsed = parseClipConfig(config, projected);
  const { tokens, positions } = embeddingTables(parsed);
  return [tokens, positions, ...programWeights(buildClip(parsed, 'text_encoder', parsed.positions))];
}

function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** A 1×1 convolution is a linear layer. */
function line(name: string, shape: readonly number[]): string {
  const [, , height, width] = shape;
  return `${name} ${(height === 1 && width === 1 ? shape.slice(0, 2) : shape).join()}`;
}

/** What the reference recorded of a list of tensors. */
function summary(weights: readonly WeightSpec[]) {
  const lines = weights.map(({ name, shape }) => line(name, shape)).sort();
  return {
    tensors: weights.length,
    parameters: weights.reduce((sum, { shape }) => sum + elementCount(shape), 0),
    sha256: createHash('sha256').update(lines.join('\n')).digest('hex'),
  };
}

function templateKeys(program: Program): string[] {
  const operations = program.stages.flatMap((stage) => stage.operations);
  return operations.flatMap((operation) => (operation.kind === 'template' ? [operation.template.key] : []));
}

describe("the full SDXL's tensors, by name and shape, as diffusers and transformers name them", () => {
  it('UNet: 1680 tensors, 2,567,463,684 parameters', () => {
    const { tensors, parameters, sha256 } = checkpoints.unet;
    expect([tensors, parameters]).toEqual([1680, 2_567_463_684]);
    expect(summary(programWeights(unet(changed(SDXL.unet, {}))))).toEqual({ tensors, parameters, sha256 });
  });

  it('UNet: every stage as large as its part of the module', () => {
    const found: Record<string, number> = {};
    for (const { name, weights } of unet(changed(SDXL.unet, {})).stages) {
      for (const weight of weights) {
        // Stages of an attention are its projections and its blocks; the last stage holds two modules; what
        // becomes of text and time has stages of its own.
        const module = /^conv_norm_out/.test(weight.name)
          ? 'conv_norm_out'
          : name
              .replace(/\.(attn2\.to_kv|time_emb_proj)$/, '')
              .replace(/\.(proj_in|proj_out|transformer_blocks\.\d+)$/, '');
        found[module] = (found[module] ?? 0) + elementCount(weight.shape);
      }
    }
    expect(found).toEqual(checkpoints.unet.modules);
  });

  it('UNet: a transformer block is one stage of 56.29 or 14.08 MiB, beside its keys and values of the text', () => {
    const blocks = unet(changed(SDXL.unet, {})).stages.filter(({ name }) =>
      /transformer_blocks\.\d+$/.test(name),
    );
    const bytes = blocks.map(({ weights }) =>
      weights.reduce((sum, { shape }) => sum + 2 * elementCount(shape), 0),
    );
    expect(blocks).toHaveLength(70);
    expect(bytes.filter((size) => size === 59_025_920)).toHaveLength(60);
    expect(bytes.filter((size) => size === 14_767_360)).toHaveLength(10);
  });

  it('VAE: 248 tensors, 83,653,863 parameters, with encoder and decoder together', () => {
    const { decoder, tensors, parameters, sha256 } = checkpoints.vae;
    const both = { tensors, parameters, sha256 };
    expect([both.tensors, both.parameters]).toEqual([248, 83_653_863]);
    expect(summary(vaeWeights(changed(SDXL.vae, {})))).toEqual(both);
    expect(summary(programWeights(vaeDecoder(changed(SDXL.vae, {}))))).toEqual(decoder);
  });

  it('tiny autoencoder: the decoder', () => {
    const program = buildTinyVaeDecoder(parseTinyVaeConfig(changed(SDXL.tinyVae, {})), SMALL);
    expect(summary(programWeights(program))).toEqual(checkpoints.tinyVae.decoder);
  });

  it('first text encoder: all but the last layer and the final norm, which SDXL never uses', () => {
    const { textEncoder } = checkpoints;
    expect(textEncoder.parameters).toBe(123_060_480);
    expect(summary(clipWeights(changed(SDXL.textEncoder, {}), false))).toEqual(textEncoder.withoutLastLayer);
  });

  it('second text encoder: everything', () => {
    const { tensors, parameters, sha256 } = checkpoints.textEncoder2;
    expect(parameters).toBe(694_659_840);
    expect(summary(clipWeights(changed(SDXL.textEncoder2, {}), true))).toEqual({
      tensors,
      parameters,
      sha256,
    });
  });

  it.each(
    checkpoints.variants.map((variant) => [`${variant.component} with ${variant.name}`, variant] as const),
  )('%s', (_name, { component, change, tensors, parameters, sha256 }) => {
    const weights =
      component === 'unet'
        ? programWeights(unet(changed(SDXL.unet, change)))
        : vaeWeights(changed(SDXL.vae, change));
    expect(summary(weights)).toEqual({ tensors, parameters, sha256 });
  });
});

describe('templates are few', () => {
  it('70 transformer blocks need two, the whole UNet fourteen', () => {
    const keys = templateKeys(unet(changed(SDXL.unet, {})));
    expect(keys.filter((key) => key.startsWith('transformer block'))).toHaveLength(70);
    expect(new Set(keys.filter((key) => key.startsWith('transformer block'))).size).toBe(2);
    expect(new Set(keys).size).toBe(14);
  });

  it('they do not depend on the size of the picture or the batch', () => {
    const config = parseUnetConfig(changed(SDXL.unet, {}));
    const small = templateKeys(buildUnet(config, { batch: 1, height: 64, width: 64, tokens: 77 }));
    const other = templateKeys(buildUnet(config, { batch: 2, height: 32, width: 24, tokens: 154 }));
    expect(other).toEqual(small);
    expect(templateKeys(vaeDecoder(changed(SDXL.vae, {})))).toEqual(
      templateKeys(buildVaeDecoder(parseVaeConfig(changed(SDXL.vae, {})), { height: 60, width: 40 })),
    );
  });

  it('a transformer block is four where its feed-forward is large, with the same weights', () => {
    const config = parseUnetConfig(changed(SDXL.unet, {}));
    const program = buildUnet(config, { batch: 1, height: 128, width: 128, tokens: 77 });
    const block = program.stages.find(({ name }) => name.endsWith('transformer_blocks.0'));
    expect(block?.operations.map(({ name }) => name.slice(block.name.length))).toEqual([
      '.attn1',
      '.attn2',
      '.ff.net.0.proj',
      '',
    ]);
    expect(lines(programWeights(program))).toEqual(lines(programWeights(unet(changed(SDXL.unet, {})))));
    expect(new Set(templateKeys(program)).size).toBe(18);
  });

  it('layers of one kind and different sizes share one', () => {
    const keys = templateKeys(
      buildClip(parseClipConfig(changed(SDXL.textEncoder2, {}), true), 'text_encoder_2', 77),
    );
    expect(keys).toHaveLength(33);
    expect(new Set(keys).size).toBe(2);
  });
});

const TINY = 'e2e/fixtures/tiny-sdxl/model';

function lines(weights: readonly WeightSpec[]): string[] {
  return weights.map(({ name, shape }) => line(name, shape)).sort();
}

/** The config and the tensors (name to line) of a component of a model in this repository. */
function modelFolder(folder: string) {
  const root = new URL(`../../${folder}/`, import.meta.url);
  return {
    config: (component: string): Config =>
      Config.parse(component, readFileSync(new URL(`${component}/config.json`, root), 'utf8')),
    stored: async (component: string, file: string): Promise<Map<string, string>> => {
      const { tensors } = await readSafetensorsHeader(
        onDisk(new URL(`${component}/${file}.safetensors`, root)),
      );
      return new Map([...tensors].map(([name, { shape }]) => [name, line(name, shape)]));
    },
  };
}

describe.each([TINY, 'public/models/emoji'])('%s', (folder) => {
  const { config, stored } = modelFolder(folder);

  it('UNet: exactly the tensors of the checkpoint', async () => {
    const file = await stored('unet', 'diffusion_pytorch_model');
    expect(lines(programWeights(unet(config('unet'))))).toEqual([...file.values()].sort());
  });

  it('VAE: exactly the tensors of the checkpoint; the decoder leaves the encoder', async () => {
    const file = await stored('vae', 'diffusion_pytorch_model');
    expect(lines(vaeWeights(config('vae')))).toEqual([...file.values()].sort());
    const decoder = [...file].filter(([name]) => /^(decoder|post_quant_conv)\./.test(name));
    expect(lines(programWeights(vaeDecoder(config('vae'))))).toEqual(decoder.map(([, text]) => text).sort());
  });

  it('text encoders: the first without its last layer, the second complete', async () => {
    const last = parseClipConfig(config('text_encoder'), false).layers - 1;
    const unused = new RegExp(`position_ids$|^text_model\\.(encoder\\.layers\\.${last}|final_layer_norm)\\.`);
    const first = [...(await stored('text_encoder', 'model'))].filter(([name]) => !unused.test(name));
    expect(lines(clipWeights(config('text_encoder'), false))).toEqual(first.map(([, text]) => text).sort());
    const second = [...(await stored('text_encoder_2', 'model'))].filter(
      ([name]) => !name.endsWith('position_ids'),
    );
    expect(lines(clipWeights(config('text_encoder_2'), true))).toEqual(second.map(([, text]) => text).sort());
  });

  it('tiny VAE: exactly the tensors of its decoder', async () => {
    const file = await stored('tiny_vae', 'diffusion_pytorch_model');
    const program = buildTinyVaeDecoder(parseTinyVaeConfig(config('tiny_vae')), SMALL);
    const decoder = [...file].filter(([name]) => name.startsWith('decoder.'));
    expect(lines(programWeights(program))).toEqual(decoder.map(([, text]) => text).sort());
  });
});

/** A file whose header alone is read from disk. */
function onDisk(url: URL): RandomAccessFile {
  const within = <T>(use: (descriptor: number) => T): T => {
    const descriptor = openSync(url, 'r');
    try {
      return use(descriptor);
    } finally {
      closeSync(descriptor);
    }
  };
  return {
    path: url.pathname,
    size: within((descriptor) => fstatSync(descriptor).size),
    read: (offset, length) => {
      const bytes = new Uint8Array(length);
      within((descriptor) => readSync(descriptor, bytes, 0, length, offset));
      return Promise.resolve(bytes);
    },
  };
}
