import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildClip, parseClipConfig } from '../../architecture/clip.ts';
import { buildUnet } from '../../architecture/unet.ts';
import { parseUnetConfig } from '../../architecture/unet-config.ts';
import { parseVaeConfig } from '../../architecture/vae.ts';
import { isAppError } from '../../error.ts';
import { parseSchedulerConfig } from '../../latents/scheduler-config.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { memorySource } from '../test-files.ts';
import { singleFileCheckpoint } from './single-file.ts';
import { config, COMPONENTS, digests, FOLDER, TENSORS, weightsOf, WHOLE } from './test-tiny-checkpoint.ts';
import { fileOf, headerOf, tinyFixture, zeros, type FileTensor } from './test-single-files.ts';

const FILE = 'tiny.safetensors';
const SIDECAR = 'tiny.emulsion.json';
const SAID = tinyFixture('single_file_ldm.bf16.emulsion.json');
const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
const noTokenizer = () => Promise.resolve({});

function open(
  file: Uint8Array<ArrayBuffer>,
  beside: Record<string, Uint8Array<ArrayBuffer>> = {},
): Promise<Checkpoint> {
  const { source } = memorySource({ [FILE]: file, ...beside });
  return singleFileCheckpoint({ source, path: FILE }, noTokenizer);
}

/** The fixture with some tensors changed. */
function changed(
  edit: (tensors: Map<string, FileTensor>) => void,
  metadata?: Record<string, string>,
): Uint8Array<ArrayBuffer> {
  const tensors = new Map(TENSORS);
  edit(tensors);
  return fileOf(tensors, metadata);
}

const field = async (checkpoint: Checkpoint, path: string, name: string) =>
  (await config(checkpoint, path)).raw(name);

/** What a picture is computed from, but for the weights. */
async function networks(checkpoint: Checkpoint) {
  const unet = parseUnetConfig(await config(checkpoint, 'unet/config.json'));
  const first = parseClipConfig(await config(checkpoint, 'text_encoder/config.json'), false);
  const second = parseClipConfig(await config(checkpoint, 'text_encoder_2/config.json'), true);
  return {
    unet: JSON.stringify(buildUnet(unet, { batch: 1, height: 8, width: 8, tokens: 77 })),
    sampleSize: unet.sampleSize,
    vae: parseVaeConfig(await config(checkpoint, 'vae/config.json')),
    clip: [first, second],
    clipPrograms: JSON.stringify([
      buildClip(first, 'text_encoder', 77),
      buildClip(second, 'text_encoder_2', 77),
    ]),
    scheduler: {
      ...parseSchedulerConfig((await config(checkpoint, 'scheduler/scheduler_config.json')).fields),
      // Only `leading` spacing reads it.
      stepsOffset: 0,
    },
  };
}

describe('a whole checkpoint', () => {
  it.each(COMPONENTS)('holds the same %s as the folder, bit for bit', async (component) => {
    const folder = await digests(await weightsOf(FOLDER, component));
    const single = await weightsOf(await open(WHOLE), component);
    expect(await digests(single)).toEqual(folder);
    expect(Object.keys(folder).length).toBeGreaterThan(40);
    expect(single.byteLength).toBe((await weightsOf(FOLDER, component)).byteLength);
  });

  it('means the same networks as the folder, given what its sidecar says', async () => {
    const single = await open(WHOLE, { [SIDECAR]: SAID });
    expect(await networks(single)).toEqual(await networks(FOLDER));
    expect(await field(single, 'emulsion.json', 'defaultSize')).toEqual([64, 64]);
    expect(await field(single, 'model_index.json', 'force_zeros_for_empty_prompt')).toBe(true);
  });

  it('takes the same words out of its metadata, and the sidecar wins', async () => {
    const metadata = { emulsion: new TextDecoder().decode(SAID) };
    const file = changed(() => undefined, metadata);
    expect(await networks(await open(file))).toEqual(await networks(FOLDER));
    const beside = { 'emulsion.json': bytesOf('{"vae":{"scaling_factor":0.5},"name":"Other"}') };
    const both = await open(file, beside);
    expect(await field(both, 'vae/config.json', 'scaling_factor')).toBe(0.5);
    expect(await field(both, 'vae/config.json', 'norm_num_groups')).toBe(8);
    expect(await field(both, 'emulsion.json', 'name')).toBe('Other');
  });

  it("lists what it took from SDXL's own configs, and nothing it was told", async () => {
    expect((await open(WHOLE)).assumptions).toEqual([
      'model_index force_zeros_for_empty_prompt true',
      'unet attention_head_dim [1,1,1]',
      'unet norm_num_groups 32',
      'unet norm_eps 0.00001',
      'unet sample_size 64',
      'vae norm_num_groups 32',
      'vae scaling_factor 0.13025',
      'vae sample_size 1024',
      'text_encoder num_attention_heads 1',
      'text_encoder hidden_act quick_gelu',
      'text_encoder layer_norm_eps 0.00001',
      'text_encoder eos_token_id 2',
      'text_encoder_2 num_attention_heads 1',
      'text_encoder_2 hidden_act gelu',
      'text_encoder_2 layer_norm_eps 0.00001',
      'text_encoder_2 eos_token_id 2',
      'scheduler _class_name EulerAncestralDiscreteScheduler',
      'scheduler num_train_timesteps 1000',
      'scheduler beta_start 0.00085',
      'scheduler beta_end 0.012',
      'scheduler beta_schedule scaled_linear',
      'scheduler prediction_type epsilon',
      'scheduler timestep_spacing trailing',
      'manifest sampler turbo',
    ]);
    const told = (await open(WHOLE, { [SIDECAR]: SAID })).assumptions;
    expect(told).toContain('vae scaling_factor 0.13025');
    expect(told.filter((text) => /head|group|sample_size|sampler/.test(text))).toEqual([]);
  });

  it('asks for the tokenizers of its encoders', async () => {
    const { source } = memorySource({ [FILE]: WHOLE });
    const checkpoint = await singleFileCheckpoint({ source, path: FILE }, (wanted) =>
      Promise.resolve({ 'vocab.json': JSON.stringify(wanted) }),
    );
    const wanted = async (path: string) => JSON.parse((await checkpoint.text(path)) ?? '') as unknown;
    expect(await wanted('tokenizer/vocab.json')).toEqual({ size: 1000, length: 77, padding: 'end' });
    expect(await wanted('tokenizer_2/vocab.json')).toEqual({ size: 1000, length: 77, padding: '!' });
    expect(await checkpoint.text('tokenizer/tokenizer.json')).toBeUndefined();
    expect(await checkpoint.text('tiny_vae/config.json')).toBeUndefined();
    expect(await checkpoint.weights('tiny_vae')).toBeUndefined();
  });

  it('reads what the file says of itself', async () => {
    const metadata = {
      'modelspec.title': 'A title',
      'modelspec.license': 'A licence',
      'modelspec.resolution': '768x512',
      'modelspec.prediction_type': 'v',
    };
    const checkpoint = await open(changed(() => undefined, metadata));
    expect(await config(checkpoint, 'emulsion.json')).toMatchObject({
      fields: { name: 'A title', licence: 'A licence', defaultSize: [768, 512], sampler: 'turbo' },
    });
    expect(await field(checkpoint, 'scheduler/scheduler_config.json', 'prediction_type')).toBe(
      'v_prediction',
    );
  });

  it('knows the marks of velocity prediction and of zero signal', async () => {
    const file = changed((tensors) => tensors.set('v_pred', zeros(0)).set('ztsnr', zeros(0)));
    const checkpoint = await open(file);
    const scheduler = (await config(checkpoint, 'scheduler/scheduler_config.json')).fields;
    expect(scheduler).toMatchObject({ prediction_type: 'v_prediction', rescale_betas_zero_snr: true });
    expect(checkpoint.assumptions.join()).not.toContain('prediction_type');
  });

  it('leaves out what is not of the model', async () => {
    const file = changed((tensors) => {
      const ids = { dtype: 'I64', shape: [1, 77], bytes: new Uint8Array(8 * 77) } as const;
      tensors.set('conditioner.embedders.0.transformer.text_model.embeddings.position_ids', ids);
      tensors.set('conditioner.embedders.1.model.logit_scale', zeros());
      tensors.set('model_ema.diffusion_modelinput_blocks00weight', zeros(4));
      tensors.set('first_stage_model.loss.discriminator.weight', zeros(4));
      tensors.set('denoiser.sigmas', zeros(1000));
    });
    const checkpoint = await open(file);
    for (const component of COMPONENTS) {
      const names = (await weightsOf(checkpoint, component)).names();
      expect([...names].sort()).toEqual([...(await weightsOf(FOLDER, component)).names()].sort());
    }
  });

  it('takes linear layers written as convolutions of one pixel, and the other way round', async () => {
    const linear = 'first_stage_model.decoder.mid.attn_1.q.weight';
    const convolution = 'model.diffusion_model.input_blocks.4.1.proj_in.weight';
    const file = changed((tensors) => {
      const [q, projection] = [tensors.get(linear), tensors.get(convolution)] as [FileTensor, FileTensor];
      expect(q.shape).toEqual([32, 32, 1, 1]);
      tensors.set(linear, { ...q, shape: [32, 32] });
      tensors.set(convolution, { ...projection, shape: [...projection.shape, 1, 1] });
    });
    const unet = await weightsOf(await open(file), 'unet');
    expect(await digests(unet)).toEqual(await digests(await weightsOf(FOLDER, 'unet')));
  });

  it('is called by its name', async () => {
    const { source } = memorySource({ 'a/My model.SafeTensors': WHOLE });
    const place = { source, path: 'a/My model.SafeTensors' };
    expect(await singleFileCheckpoint(place, noTokenizer)).toMatchObject({
      id: 'My model',
      label: 'memory/a/My model.SafeTensors',
    });
  });
});

describe('other files are refused', () => {
  const only = (...entries: [string, FileTensor][]) => fileOf(new Map(entries));
  const INPUT = 'model.diffusion_model.input_blocks.0.0.weight';
  const TEXT = 'model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight';
  it.each([
    ['LoRA', only(['lora_unet_input_blocks_4_1_proj_in.lora_down.weight', zeros(8, 4)])],
    ['LoRA', only(['unet.mid_block.attentions.0.proj_in.lora_A.weight', zeros(8, 4)])],
    ['LoRA', tinyFixture('lora_kohya_r8_a4.safetensors')],
    ['LoRA', tinyFixture('lora_peft_r8_a4.safetensors')],
    ['ControlNet', only(['control_model.input_blocks.0.0.weight', zeros(4)])],
    [
      'SDXL refiner',
      changed((tensors) =>
        tensors.set('conditioner.embedders.0.model.transformer.resblocks.9.mlp.c_proj.bias', zeros(1280)),
      ),
    ],
    ['Playground v2.5', changed((tensors) => tensors.set('edm_mean', zeros(1, 4, 1, 1)))],
    ['SDXL inpainting', changed((tensors) => tensors.set(INPUT, zeros(32, 9, 3, 3)))],
    ['SDXL inpainting', only(['conv_in.weight', zeros(32, 9, 3, 3)])],
    ['InstructPix2Pix', changed((tensors) => tensors.set(INPUT, zeros(32, 8, 3, 3)))],
    ['Stable Diffusion 1', only([INPUT, zeros(320, 4, 3, 3)], [TEXT, zeros(320, 768)])],
    ['Stable Diffusion 2', only([INPUT, zeros(320, 4, 3, 3)], [TEXT, zeros(320, 1024)])],
    [/^diffusion transformer/, only(['model.diffusion_model.joint_blocks.0.x.weight', zeros(4)])],
    [/^diffusion transformer/, only(['double_blocks.0.img_attn.norm.weight', zeros(4)])],
  ])('as %s', async (kind, file) => {
    await expect(open(file)).rejects.toMatchObject({
      code: 'model/file-kind',
      detail: { file: FILE, kind: expect.stringMatching(kind) as string },
    });
  });

  it('as parts of a model, by what they have and lack', async () => {
    const unet = new Map([...TENSORS].filter(([name]) => name.startsWith('model.')));
    await expect(open(fileOf(unet))).rejects.toMatchObject({
      code: 'model/file-incomplete',
      detail: { present: 'unet', missing: 'vae, text_encoder, text_encoder_2' },
    });
    const diffusers = tinyFixture('model/unet/diffusion_pytorch_model.safetensors');
    await expect(open(diffusers)).rejects.toMatchObject({
      code: 'model/file-incomplete',
      detail: { present: 'unet' },
    });
    await expect(
      open(
        changed((tensors) =>
          [...tensors.keys()].forEach((name) => name.startsWith('first') && tensors.delete(name)),
        ),
      ),
    ).rejects.toMatchObject({ detail: { missing: 'vae' } });
  });

  it('as nothing of SDXL', async () => {
    await expect(open(only(['weight', zeros(4)]))).rejects.toMatchObject({ code: 'model/file-layout' });
    await expect(open(fileOf(new Map()))).rejects.toMatchObject({ code: 'model/file-layout' });
  });

  it('for a dtype, when its weights are checked', async () => {
    const name = 'model.diffusion_model.out.2.weight';
    const file = changed((tensors) => {
      const { shape, bytes } = tensors.get(name) as FileTensor;
      tensors.set(name, { dtype: 'F8_E4M3', shape, bytes: bytes.subarray(0, bytes.length / 2) });
    });
    const unet = await weightsOf(await open(file), 'unet');
    const shape = unet.shape('conv_out.weight');
    expect(() => unet.check([{ name: 'conv_out.weight', shape }])).toThrow(
      expect.objectContaining({
        code: 'weights/dtype-unsupported',
        detail: { file: FILE, tensor: 'conv_out.weight', dtype: 'F8_E4M3' },
      }) as Error,
    );
  });

  it.each([
    ['{', /not valid JSON/],
    ['[]', /not hold a JSON object/],
    ['{"unet":8}', /"unet" is 8/],
  ])('with the sidecar %s', async (text, reason) => {
    await expect(open(WHOLE, { 'emulsion.json': bytesOf(text) })).rejects.toMatchObject({
      code: 'model/config-invalid',
      detail: { file: 'emulsion.json', reason: expect.stringMatching(reason) as string },
    });
  });

  it('for a tensor that has no place in the model', async () => {
    const name = 'model.diffusion_model.time_embed.cond_proj.weight';
    const file = changed((tensors) => tensors.set(name, zeros(32, 256)));
    await expect(open(file)).rejects.toMatchObject({
      code: 'model/file-layout',
      detail: { reason: expect.stringContaining(name) as string },
    });
  });
});

describe('a damaged checkpoint', () => {
  const NAMES = [...TENSORS.keys()];
  const CODES = /^(model\/file-(layout|incomplete|kind)|weights\/(tensor-(missing|shape)|header-invalid))$/;
  const codeOf = (opening: Promise<unknown>): Promise<string> =>
    opening.then(
      () => 'opened',
      (error: unknown) => (isAppError(error) ? error.code : String(error)),
    );
  const codeWithout = (edit: (tensors: Map<string, FileTensor>) => void): Promise<string> => {
    const tensors = new Map(TENSORS);
    edit(tensors);
    const file = headerOf(FILE, tensors);
    const source = {
      label: 'headers',
      open: (path: string) => Promise.resolve(path === FILE ? file : undefined),
    };
    return codeOf(singleFileCheckpoint({ source, path: FILE }, noTokenizer));
  };

  it('is refused whichever tensor is missing', async () => {
    expect(await codeWithout(() => undefined)).toBe('opened');
    for (const name of NAMES.filter((_, i) => i % 31 === 0)) {
      expect(await codeWithout((tensors) => tensors.delete(name)), name).toMatch(CODES);
    }
  });

  it('is refused whichever tensor has another shape', async () => {
    // How many tokens and positions there are only these say.
    const told = /(token|position)(_embedding|al_embedding)/;
    for (const name of NAMES.filter((_, i) => i % 31 === 4).filter((key) => !told.test(key))) {
      const { shape } = TENSORS.get(name) as FileTensor;
      const other = zeros(...shape.with(0, (shape[0] ?? 0) + 1));
      expect(await codeWithout((tensors) => tensors.set(name, other)), name).toMatch(CODES);
    }
  });

  it('is refused wherever it is cut', async () => {
    const cuts = fc.integer({ min: 0, max: WHOLE.length - 1 });
    await fc.assert(
      fc.asyncProperty(cuts, async (length) => {
        expect(await codeOf(open(WHOLE.subarray(0, length)))).toBe('weights/header-invalid');
      }),
      { numRuns: 20 },
    );
  });
});
