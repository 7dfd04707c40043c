import { describe, expect, it } from 'vitest';
import { blobFile } from '../weights/blob-file.ts';
import { writeSafetensors, type F32Tensor } from '../weights/safetensors.ts';
import { rawSafetensors, tinyModelFile } from '../weights/test-files.ts';
import { admit } from './admission.ts';
import { openComponents } from './test-components.ts';
import type { LoraVerdict } from './verdict.ts';

const COMPONENTS = await openComponents();

/** A module by its names in Stability's layout and in diffusers', of a weight of 64 × 64. */
const QUERY = {
  kohya: 'lora_unet_input_blocks_4_1_transformer_blocks_0_attn1_to_q',
  path: 'down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q',
  size: 64,
};

function ones(shape: readonly number[], value = 0.01): F32Tensor {
  return { shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(value) };
}

/** Factors of one module as kohya's scripts name them. */
function kohya(name: string, rank: number, out: number, inner: number, alpha = rank) {
  return {
    [`${name}.lora_down.weight`]: ones([rank, inner]),
    [`${name}.lora_up.weight`]: ones([out, rank]),
    [`${name}.alpha`]: ones([], alpha),
  };
}

const query = (rank = 4, alpha = rank) => kohya(QUERY.kohya, rank, QUERY.size, QUERY.size, alpha);

function verdictOf(
  tensors: Readonly<Record<string, F32Tensor>>,
  { metadata, config }: { metadata?: Record<string, string>; config?: string } = {},
): Promise<LoraVerdict> {
  return verdictOfBytes(writeSafetensors(tensors, metadata), config);
}

function verdictOfBytes(bytes: Uint8Array<ArrayBuffer>, config?: string): Promise<LoraVerdict> {
  const file = blobFile('lora.safetensors', new Blob([bytes]));
  return admit(file, { components: COMPONENTS, config });
}

/** The rules that are broken, and by which modules. */
const broken = ({ reasons }: LoraVerdict) => reasons.map(({ rule, module }) => [rule, module]);

describe('files made with PyTorch', () => {
  it.each([
    ['kohya_r8_a4', [], 170],
    ['peft_r8_a4', [], 170],
    ['bad_conv_in', ['target'], 3],
    ['bad_rank16', ['rank'], 2],
    ['bad_alpha32', ['scale'], 2],
  ])('%s breaks the rules %j', async (name, rules, count) => {
    const { admitted, reasons, total } = await verdictOfBytes(tinyModelFile(`../lora_${name}.safetensors`));
    expect([...new Set(reasons.map(({ rule }) => rule))]).toEqual(rules);
    expect([admitted, total.modules]).toEqual([rules.length === 0, count]);
  });
});

describe('names', () => {
  const { path, size } = QUERY;
  const pair = (down: string, up: string) => ({ [down]: ones([4, size]), [up]: ones([size, 4]) });

  it.each([
    ['kohya, layout of Stability', query()],
    ['kohya, layout of diffusers', kohya(`lora_unet_${path.replaceAll('.', '_')}`, 4, size, size)],
    ['diffusers', pair(`unet.${path}.lora_A.weight`, `unet.${path}.lora_B.weight`)],
    ['PEFT', pair(`base_model.model.${path}.lora_A.weight`, `base_model.model.${path}.lora_B.weight`)],
    ['diffusers, 2023', pair(`unet.${path}.lora.down.weight`, `unet.${path}.lora.up.weight`)],
    [
      'the first of diffusers',
      pair(
        `${path.replace('to_q', 'processor.to_q')}_lora.down.weight`,
        `${path.replace('to_q', 'processor.to_q')}_lora.up.weight`,
      ),
    ],
    [
      'ComfyUI',
      pair(
        'diffusion_model.input_blocks.4.1.transformer_blocks.0.attn1.to_q.lora_A.weight',
        'diffusion_model.input_blocks.4.1.transformer_blocks.0.attn1.to_q.lora_B.weight',
      ),
    ],
  ])('of %s lead to one module', async (_, tensors) => {
    const { admitted, reasons, modules } = await verdictOf(tensors);
    expect(reasons).toEqual([]);
    expect(admitted).toBe(true);
    expect(modules).toEqual([
      expect.objectContaining({ component: 'unet', module: path, rank: 4, scale: 1 }),
    ]);
  });

  it('of both text encoders are known', async () => {
    const fc1 = 'text_model.encoder.layers.0.mlp.fc1';
    const [out = 0, inner = 0] = COMPONENTS[1]?.shape(`${fc1}.weight`) ?? [];
    const query2 = 'text_model.encoder.layers.1.self_attn.q_proj';
    const [out2 = 0, inner2 = 0] = COMPONENTS[2]?.shape(`${query2}.weight`) ?? [];
    const { reasons, modules } = await verdictOf({
      ...kohya(`lora_te1_${fc1.replaceAll('.', '_')}`, 2, out, inner),
      [`text_encoder_2.${query2}.lora_linear_layer.down.weight`]: ones([2, inner2]),
      [`text_encoder_2.${query2}.lora_linear_layer.up.weight`]: ones([out2, 2]),
    });
    expect(reasons).toEqual([]);
    expect(modules.map(({ component, module }) => [component, module])).toEqual([
      ['text_encoder', fc1],
      ['text_encoder_2', query2],
    ]);
  });
});

describe('scales', () => {
  const { path, size } = QUERY;
  const factors = {
    [`unet.${path}.lora_A.weight`]: ones([4, size]),
    [`unet.${path}.lora_B.weight`]: ones([size, 4]),
  };
  const inside = (fields: object) => ({ metadata: { lora_adapter_metadata: JSON.stringify(fields) } });

  it.each([
    ['1 where nothing is said', factors, {}, 1],
    ['a tensor', query(4, 2), {}, 0.5],
    ['of a tensor of 0, which says nothing', query(4, 0), {}, 1],
    ['metadata of diffusers', factors, inside({ 'unet.lora_alpha': 1, 'text_encoder.lora_alpha': 3 }), 0.25],
    [
      'its pattern',
      factors,
      inside({ 'unet.lora_alpha': 4, 'unet.alpha_pattern': { 'attn1.to_q': 2 } }),
      0.5,
    ],
    ['kohya’s metadata', factors, { metadata: { ss_network_alpha: '2.0' } }, 0.5],
    ['metadata of none', factors, { metadata: { ss_network_alpha: 'None' } }, 1],
    ['a config beside the file', factors, { config: '{"lora_alpha": 3}' }, 0.75],
    ['a rank-stabilised config', factors, { config: '{"lora_alpha": 1, "use_rslora": true}' }, 0.5],
  ])('come from %s', async (_, tensors, said, scale) => {
    expect((await verdictOf(tensors, said)).modules[0]?.scale).toBe(scale);
  });

  it('measure ΔW against W', async () => {
    const { modules, total } = await verdictOf(query(4, 2));
    const [values] = (await COMPONENTS[0]?.read([{ name: `${path}.weight`, shape: [size, size] }])) ?? [];
    const widened = new Float32Array(Uint32Array.from(values ?? [], (bits) => bits << 16).buffer);
    const base = Math.hypot(...widened);
    // Every value of up × down is 4 · 0.01², half of which is added.
    const expected = (size * 0.5 * 4 * 0.01 ** 2) / base;
    expect(modules[0]?.relative).toBeCloseTo(expected, 9);
    expect(total.relative).toBeCloseTo(expected, 9);
  });
});

describe('a rule', () => {
  const { kohya: name, path, size } = QUERY;

  it.each([
    [
      'target',
      { ...kohya('lora_unet_input_blocks_4_1_proj_in', 4, size, size) },
      'down_blocks.1.attentions.0.proj_in',
    ],
    ['rank', query(9), path],
    ['scale', query(4, 4.5), path],
    ['shape', { ...query(), [`${name}.lora_up.weight`]: ones([size, 3]) }, path],
    ['shape', { ...query(), [`${name}.lora_down.weight`]: ones([4, size + 1]) }, path],
    ['finite', { ...query(), [`${name}.lora_up.weight`]: ones([size, 4], NaN) }, path],
    ['finite', { ...query(), [`${name}.lora_down.weight`]: ones([4, size], Infinity) }, path],
    [
      'base',
      { ...query(), ...kohya('lora_unet_input_blocks_99_1_proj_in', 4, size, size) },
      'lora_unet_input_blocks_99_1_proj_in',
    ],
    [
      'format',
      {
        ...query(),
        [`unet.${path}.lora_A.weight`]: ones([4, size]),
        [`unet.${path}.lora_B.weight`]: ones([size, 4]),
      },
      path,
    ],
    ['format', { [`${name}.lora_down.weight`]: ones([4, size]) }, path],
  ])('%s is broken alone', async (rule, tensors, module) => {
    const verdict = await verdictOf(tensors);
    expect(broken(verdict)).toEqual([[rule, module]]);
    expect(verdict.admitted).toBe(false);
  });

  it('is no reason to stop: all that are broken are told', async () => {
    const value = 'lora_unet_input_blocks_4_1_transformer_blocks_0_attn1_to_v';
    const tensors = { ...query(9), ...kohya(value, 4, size, size, 8), ...kohya('lora_unet_out_2', 4, 4, 32) };
    expect(broken(await verdictOf(tensors))).toEqual(
      expect.arrayContaining([
        ['rank', path],
        ['scale', path.replace('to_q', 'to_v')],
        ['target', 'conv_out'],
        ['shape', 'conv_out'],
      ]),
    );
  });

  it('of rank 0 is broken by nothing at all', async () => {
    const tensors = {
      [`${name}.lora_down.weight`]: ones([0, size]),
      [`${name}.lora_up.weight`]: ones([size, 0]),
    };
    expect((await verdictOf(tensors)).reasons).toContainEqual({
      rule: 'rank',
      module: path,
      value: 0,
      limit: 8,
    });
  });
});

describe('what is no LoRA for SDXL', () => {
  const { kohya: name } = QUERY;

  it.each([
    ['LoHa', `${name}.hada_w1_a`],
    ['LoKr', `${name}.lokr_w2`],
    ['DoRA', `${name}.dora_scale`],
    ['DoRA', `unet.${QUERY.path}.lora_magnitude_vector`],
    ['LoCon in Tucker form', `${name}.lora_mid.weight`],
    ['OFT', `${name}.oft_blocks`],
    ['IA3', `${name}.on_input`],
    ['full weight differences', `${name}.diff`],
    ['norm layers', 'lora_unet_input_blocks_4_0_in_layers_0.w_norm'],
    ['textual inversion', 'clip_l'],
    ['Control-LoRA', 'lora_controlnet'],
  ])('is called %s', async (kind, tensor) => {
    const { reasons } = await verdictOf({ [tensor]: ones([2, 2]), [`${name}.alpha`]: ones([], 1) });
    expect(reasons.map(({ rule, value }) => [rule, value])).toContainEqual(['format', `${kind} (1)`]);
  });

  it.each([
    ['Stable Diffusion 1.x or 2.x', 'lora_te_text_model_encoder_layers_0_mlp_fc1', {}],
    ['a transformer such as Stable Diffusion 3 or Flux', 'lora_unet_double_blocks_0_img_attn_qkv', {}],
    ['sd_v1', QUERY.kohya, { ss_base_model_version: 'sd_v1' }],
  ])('is for %s', async (base, module, metadata) => {
    const { reasons } = await verdictOf(kohya(module, 4, 64, 64), { metadata });
    expect(reasons).toEqual([{ rule: 'base', module: '', value: base, limit: 'SDXL' }]);
  });

  it('has no module of the model', async () => {
    const { reasons } = await verdictOf({
      ...kohya('lora_unet_a', 4, 8, 8),
      ...kohya('lora_unet_b', 4, 8, 8),
    });
    expect(reasons).toEqual([
      {
        rule: 'base',
        module: '',
        value: 'none of its 2 modules is in the model',
        limit: 'modules of the model',
      },
    ]);
  });
});

describe('a broken file', () => {
  it.each([
    ['cut short', writeSafetensors(query()).slice(0, -9)],
    ['empty', new Uint8Array()],
    ['of another kind', new TextEncoder().encode('<!doctype html><title>Sign in</title>')],
    ['with a huge header', rawSafetensors('{}', new Uint8Array(), 2n ** 40n)],
    ['without tensors', rawSafetensors('{}', new Uint8Array())],
  ])('%s is refused for its format', async (_, bytes) => {
    const { reasons } = await verdictOfBytes(bytes);
    expect(reasons.map(({ rule, module }) => [rule, module])).toEqual([['format', '']]);
  });

  it('with a config that is no JSON is refused for that, where it needs one', async () => {
    const { path, size } = QUERY;
    const withoutAlpha = {
      [`unet.${path}.lora_A.weight`]: ones([4, size]),
      [`unet.${path}.lora_B.weight`]: ones([size, 4]),
    };
    const config = '{lora_alpha';
    expect(broken(await verdictOf(withoutAlpha, { config }))).toEqual([['format', '']]);
    expect(broken(await verdictOf(query(), { config }))).toEqual([]);
  });

  it('that says its alphas is not scaled by a config that may be of another file', async () => {
    const config = JSON.stringify({ lora_alpha: 64, use_rslora: true });
    const { total } = await verdictOf(query(4, 2), { config });
    expect(total.scale).toBe(0.5);
  });

  it('of very many strange modules beside one of the model is told what it is', async () => {
    const strange = Object.fromEntries(
      Array.from({ length: 70_000 }, (_, i) => [
        [`x_${i}.lora_down.weight`, { dtype: 'F32', shape: [0, 1], data_offsets: [0, 0] }],
        [`x_${i}.lora_up.weight`, { dtype: 'F32', shape: [1, 0], data_offsets: [0, 0] }],
      ]).flat() as [string, object][],
    );
    const known = {
      [`${QUERY.kohya}.lora_down.weight`]: { dtype: 'F32', shape: [0, 64], data_offsets: [0, 0] },
      [`${QUERY.kohya}.lora_up.weight`]: { dtype: 'F32', shape: [64, 0], data_offsets: [0, 0] },
    };
    const { admitted, reasons } = await verdictOfBytes(
      rawSafetensors({ ...strange, ...known }, new Uint8Array()),
    );
    expect([admitted, reasons.some(({ rule }) => rule === 'base')]).toEqual([false, true]);
  });

  it('of a hundred thousand tensors is told what it is', async () => {
    const tensors = Object.fromEntries(
      Array.from({ length: 100_000 }, (_, i) => [
        `lora_unet_x_${i}.alpha`,
        { dtype: 'F32', shape: [0], data_offsets: [0, 0] },
      ]),
    );
    const { reasons } = await verdictOfBytes(rawSafetensors(tensors, new Uint8Array()));
    expect(reasons.length).toBeLessThan(2000);
    expect(reasons.at(-1)).toMatchObject({ rule: 'format', module: '', value: '99000 times more' });
  });
});
