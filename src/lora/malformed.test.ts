import { describe, expect, it } from 'vitest';
import { blobFile } from '../weights/blob-file.ts';
import { rawSafetensors } from '../weights/test-files.ts';
import { admit } from './admission.ts';
import { openComponents } from './test-components.ts';

const components = await openComponents();

const PATH = 'down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q';
const KOHYA = 'lora_unet_input_blocks_4_1_transformer_blocks_0_attn1_to_q';
const SIZE = 64;

/** A tensor of any type, every element of the same bits. */
interface Raw {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly element: Uint8Array;
}

const F16_ONE = Uint8Array.of(0x00, 0x3c);
const F16_INFINITY = Uint8Array.of(0x00, 0x7c);
const BF16_NAN = Uint8Array.of(0xc0, 0x7f);

const f32 = (shape: readonly number[], value = 0.01): Raw => ({
  ...{ dtype: 'F32', shape },
  element: new Uint8Array(Float32Array.of(value).buffer),
});

function fileOf(tensors: Readonly<Record<string, Raw>>): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = {};
  const data: number[] = [];
  for (const [name, { dtype, shape, element }] of Object.entries(tensors)) {
    const begin = data.length;
    const count = shape.reduce((a, b) => a * b, 1);
    for (let i = 0; i < count; i++) data.push(...element);
    header[name] = { dtype, shape, data_offsets: [begin, data.length] };
  }
  return rawSafetensors(header, Uint8Array.from(data));
}

/** The factors of one module, some of them replaced. */
const module = (parts: Readonly<Record<string, Raw>> = {}, name = KOHYA): Record<string, Raw> => ({
  [`${name}.lora_down.weight`]: f32([4, SIZE]),
  [`${name}.lora_up.weight`]: f32([SIZE, 4]),
  ...Object.fromEntries(Object.entries(parts).map(([part, raw]) => [`${name}.${part}`, raw])),
});

const verdictOf = (bytes: Uint8Array<ArrayBuffer>) =>
  admit(blobFile('lora.safetensors', new Blob([bytes])), { components });

/** What is said against a file: rule, module, what was found. */
async function found(bytes: Uint8Array<ArrayBuffer>) {
  const { admitted, reasons } = await verdictOf(bytes);
  expect(admitted).toBe(reasons.length === 0);
  return reasons.map(({ rule, module: of, value }) => [rule, of, value]);
}

describe('a file cut short', () => {
  const whole = fileOf(module());
  const header = 8 + Number(new DataView(whole.buffer).getBigUint64(0, true));

  it.each([
    ['in its first number', 5, /too few for a header/],
    ['before its header', 8, /header should be \d+ bytes long, but the file ends after 8/],
    ['inside its header', header - 20, /header should be/],
    ['after its header', header, /cut short/],
    ['by a single byte', whole.length - 1, /cut short/],
  ])('%s is called that', async (_, length, text) => {
    expect(await found(whole.slice(0, length))).toEqual([['format', '', expect.stringMatching(text)]]);
  });

  it('or with more behind its end is refused', async () => {
    const longer = new Uint8Array([...whole, 0, 0]);
    expect(await found(longer)).toEqual([['format', '', 'the last 2 bytes of the file belong to no tensor']]);
  });
});

describe('a header', () => {
  const text = JSON.stringify({ x: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } });
  const data = new Uint8Array(4);

  it.each([
    ['a byte longer than the file', text, BigInt(text.length + data.length + 1), /the file ends after/],
    ['of the largest length there is', text, 2n ** 64n - 1n, /larger than any real one/],
    ['of no length', text, 0n, /does not begin with '{'/],
    ['with half of its text', text, BigInt(text.length / 2), /not valid JSON/],
    ['that is a list', `[${text}]`, undefined, /does not begin with '{'/],
    ['that is not UTF-8', Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d), undefined, /not valid UTF-8/],
    ['that is Python', "{'x': None}", undefined, /not valid JSON/],
    ['that names a tensor twice', `{${text.slice(1, -1)},${text.slice(1)}`, undefined, /'x' occurs twice/],
    ['with metadata that are no texts', '{"__metadata__":{"ss_network_alpha":4}}', undefined, /not a string/],
  ])('%s is refused for that', async (_, json, length, reason) => {
    expect(await found(rawSafetensors(json, data.slice(0, json === text ? 4 : 0), length))).toEqual([
      ['format', '', expect.stringMatching(reason)],
    ]);
  });
});

describe('values that are no numbers', () => {
  it.each([
    ['NaN in bfloat16', { 'lora_up.weight': { dtype: 'BF16', shape: [SIZE, 4], element: BF16_NAN } }],
    [
      'infinity in float16',
      { 'lora_down.weight': { dtype: 'F16', shape: [4, SIZE], element: F16_INFINITY } },
    ],
    ['an alpha of NaN', { alpha: f32([], NaN) }],
    ['an alpha of NaN in bfloat16', { alpha: { dtype: 'BF16', shape: [], element: BF16_NAN } }],
  ])('%s break one rule', async (_, parts) => {
    expect(await found(fileOf(module(parts)))).toEqual([['finite', PATH, 'NaN or infinity']]);
  });

  it.each([
    ['float64', { dtype: 'F64', shape: [4, SIZE], element: new Uint8Array(8) }],
    ['eight bits', { dtype: 'F8_E4M3', shape: [4, SIZE], element: new Uint8Array(1) }],
  ])('in a type that is not read, %s, are refused', async (_, down) => {
    expect(await found(fileOf(module({ 'lora_down.weight': down })))).toEqual([['format', PATH, down.dtype]]);
  });
});

describe('factors', () => {
  it.each([
    ['nothing said of alpha', {}],
    ['an alpha', { alpha: f32([], 4) }],
  ])('of rank 0 with %s break one rule, and are of scale 0', async (_, alpha) => {
    const parts = { 'lora_down.weight': f32([0, SIZE]), 'lora_up.weight': f32([SIZE, 0]), ...alpha };
    const { reasons, total } = await verdictOf(fileOf(module(parts)));
    expect(reasons).toEqual([{ rule: 'rank', module: PATH, value: 0, limit: 8 }]);
    expect(total).toEqual({ modules: 1, rank: 0, scale: 0, relative: null });
  });

  it.each([
    ['of two ranks', [4, SIZE], [SIZE, 5], ['up [64, 5]']],
    ['for another output', [4, SIZE], [SIZE + 1, 4], ['up [65, 4]']],
    ['for another input', [4, SIZE / 2], [SIZE, 4], ['down [4, 32]']],
    ['with a dimension too many', [4, SIZE, 2], [SIZE, 4], ['down [4, 64, 2]']],
    ['with a dimension too few', [4], [SIZE, 4], ['down [4]']],
    ['with up turned', [4, SIZE], [4, SIZE], ['up [4, 64]']],
  ])('%s do not fit', async (_, down, up, values) => {
    const parts = { 'lora_down.weight': f32(down), 'lora_up.weight': f32(up) };
    expect(await found(fileOf(module(parts)))).toEqual(values.map((value) => ['shape', PATH, value]));
  });

  it('that are each other’s break both rules', async () => {
    const parts = { 'lora_down.weight': f32([SIZE, 4]), 'lora_up.weight': f32([4, SIZE]) };
    expect(await found(fileOf(module(parts)))).toEqual([
      ['rank', PATH, SIZE],
      ['shape', PATH, 'down [64, 4]'],
      ['shape', PATH, 'up [4, 64]'],
    ]);
  });

  it.each([
    ['two numbers', f32([2], 1)],
    ['two numbers in the bytes of one', { dtype: 'F16', shape: [2], element: F16_ONE }],
    ['no number', f32([0])],
  ])('with an alpha of %s are refused', async (_, alpha) => {
    expect(await found(fileOf(module({ alpha })))).toEqual([
      ['format', PATH, `alpha of shape [${alpha.shape.join(', ')}]`],
    ]);
  });

  it('with an alpha of one number in a list are as good as others', async () => {
    expect(await found(fileOf(module({ alpha: f32([1], 4) })))).toEqual([]);
  });
});

describe('a module under two names', () => {
  const text = 'encoder.layers.0.self_attn.q_proj';
  const text32 = (name: string) =>
    module({ 'lora_down.weight': f32([4, 32]), 'lora_up.weight': f32([32, 4]) }, name);

  it.each([
    ['in both layouts', PATH, { ...module(), ...module({}, `lora_unet_${PATH.replaceAll('.', '_')}`) }],
    [
      'of one writer at two times',
      PATH,
      module({ 'lora_A.weight': f32([4, SIZE]), 'lora_B.weight': f32([SIZE, 4]) }, `unet.${PATH}`),
    ],
    [
      'one of which is PEFT’s for an adapter',
      PATH,
      module({ 'lora_A.default.weight': f32([4, SIZE]) }, `base_model.model.${PATH}`),
    ],
    [
      'with text_model and without',
      `text_model.${text}`,
      { ...text32(`text_encoder.${text}`), ...text32(`text_encoder.text_model.${text}`) },
    ],
  ])('%s is refused', async (_, path, tensors) => {
    expect(await found(fileOf(tensors))).toEqual([['format', path, 'there twice, under two names']]);
  });

  it('that the model does not have is refused for both', async () => {
    const parts = { 'lora_A.weight': f32([4, SIZE]), 'lora_B.weight': f32([SIZE, 4]) };
    const tensors = { ...module(), ...module(parts, 'unet.elsewhere') };
    expect(await found(fileOf(tensors))).toEqual([
      ['format', 'unet.elsewhere', 'there twice, under two names'],
      ['base', 'unet.elsewhere', 'not in the model'],
    ]);
  });
});

describe('a file made to keep its reader busy', () => {
  const COUNT = 100_000;
  const empty = { dtype: 'F32', shape: [0], data_offsets: [0, 0] };
  const manyOf = (name: (i: number) => string) =>
    rawSafetensors(
      Object.fromEntries(Array.from({ length: COUNT }, (_, i) => [name(i), empty])),
      new Uint8Array(),
    );

  it.each([
    [
      'pairs of factors',
      (i: number) => `lora_unet_x_${i >> 1}.lora_${i % 2 === 0 ? 'up' : 'down'}.weight`,
      ['base', '', 'none of its 50000 modules is in the model'],
    ],
    [
      'a whole model',
      (i: number) => `model.diffusion_model.input_blocks.${i}.weight`,
      ['format', '', 'tensors that belong to no LoRA (100000)'],
    ],
  ])('with a hundred thousand tensors, %s, is told in one line', async (_, name, reason) => {
    expect(await found(manyOf(name))).toEqual([reason]);
  });

  it.each(['.oft_R', '.ia3_l', '.lora_magnitude_vector'])(
    'with a name of nothing but %s is refused as fast',
    async (part) => {
      const bytes = rawSafetensors({ [`${part.repeat(COUNT)}!`]: empty }, new Uint8Array());
      expect(await found(bytes)).toEqual([['format', '', 'tensors that belong to no LoRA (1)']]);
    },
  );
});
