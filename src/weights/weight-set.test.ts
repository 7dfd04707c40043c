import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import golden from './golden/files.json' with { type: 'json' };
import type { RandomAccessFile } from './source.ts';
import { goldenFile, memorySource, numbered, rawSafetensors, tinyModelFile } from './test-files.ts';
import { openWeights } from './folder-checkpoint.ts';
import { asComponent, subfolder } from './subfolder.ts';

function sha256(array: Uint16Array | undefined): string {
  return createHash('sha256')
    .update(array ?? '')
    .digest('hex');
}

const UNET = 'unet/diffusion_pytorch_model.safetensors';
const MIXED = goldenFile('mixed.safetensors');
const F32_ONE = Uint8Array.of(0, 0, 0x80, 0x3f);

function folder(path: string, names: readonly string[]): Record<string, Uint8Array<ArrayBuffer>> {
  return Object.fromEntries(names.map((name) => [`unet/${name}`, goldenFile(`${path}/${name}`)]));
}

const SHARDED = folder('sharded', [
  'diffusion_pytorch_model-00001-of-00002.safetensors',
  'diffusion_pytorch_model-00002-of-00002.safetensors',
  'diffusion_pytorch_model.safetensors.index.json',
]);
const SHARDED_FP16 = folder('sharded-fp16', [
  'diffusion_pytorch_model.fp16-00001-of-00002.safetensors',
  'diffusion_pytorch_model.fp16-00002-of-00002.safetensors',
  'diffusion_pytorch_model.safetensors.index.fp16.json',
]);
const PART_1 = 'unet/diffusion_pytorch_model-00001-of-00002.safetensors';
const INDEX = 'unet/diffusion_pytorch_model.safetensors.index.json';

describe('openWeights', () => {
  it.each([
    ['unet', UNET],
    ['unet', 'unet/model.safetensors'],
    ['unet', 'unet/diffusion_pytorch_model.fp16.safetensors'],
    ['text_encoder', 'text_encoder/model.safetensors'],
    ['text_encoder', 'text_encoder/model.fp16.safetensors'],
    ['vae', 'vae/diffusion_pytorch_model.bf16.safetensors'],
  ])('finds in %s the file %s', async (component, path) => {
    const weights = await openWeights(memorySource({ [path]: MIXED }).source, component);
    expect(weights.component).toBe(component);
    expect(weights.has('half')).toBe(true);
  });

  it('prefers a plain file to a variant, and asks for the usual name first', async () => {
    const files = {
      'unet/diffusion_pytorch_model.fp16.safetensors': numbered({ variant: 1 }),
      [UNET]: numbered({ plain: 1 }),
      'text_encoder/model.safetensors': numbered({ text: 1 }),
    };
    const { source, opened } = memorySource(files);
    expect((await openWeights(source, 'unet')).has('plain')).toBe(true);
    await openWeights(source, 'text_encoder');
    expect(opened).toEqual([UNET, 'text_encoder/model.safetensors']);
  });

  it('prefers the float16 file of another host, also for one component, and makes do with the plain one', async () => {
    const half = 'unet/diffusion_pytorch_model.fp16.safetensors';
    const both = memorySource({ [half]: numbered({ variant: 1 }), [UNET]: numbered({ plain: 1 }) });
    const far = { ...both.source, isFar: true };
    expect((await openWeights(far, 'unet')).has('variant')).toBe(true);
    expect((await openWeights(asComponent(subfolder(far, 'unet'), 'unet'), 'unet')).has('variant')).toBe(
      true,
    );
    expect(both.opened).toEqual([half, half]);
    const plain = memorySource({ [UNET]: numbered({ plain: 1 }) });
    expect((await openWeights({ ...plain.source, isFar: true }, 'unet')).has('plain')).toBe(true);
    expect(plain.opened).toEqual([half, UNET]);
    const { [INDEX]: index, ...parts } = SHARDED;
    const sharded = { ...parts, ...SHARDED_FP16, ...(index && { [INDEX]: index }) };
    const weights = await openWeights({ ...memorySource(sharded).source, isFar: true }, 'unet');
    const [name = ''] = weights.names();
    expect(weights.place(name).dtype).toBe('F16');
  });

  it('takes the parts diffusers saved', async () => {
    for (const [files, expected] of [
      [SHARDED, golden.sharded],
      [SHARDED_FP16, golden['sharded-fp16']],
    ] as const) {
      const weights = await openWeights(memorySource(files).source, 'unet');
      const requests = Object.entries(expected).map(([name, { shape }]) => ({ name, shape }));
      const tensors = await weights.read(requests);
      expect(tensors.map(sha256)).toEqual(Object.values(expected).map(({ bf16 }) => bf16));
      expect(weights.byteLength).toBe(tensors.reduce((sum, { byteLength }) => sum + byteLength, 0));
    }
  });

  it.each(['safetensors.fp16.index.json', 'fp16.safetensors.index.json', 'safetensors.index.bf16.json'])(
    'knows the index spelling %s',
    async (ending) => {
      const { [INDEX]: index, ...parts } = SHARDED;
      if (!index) throw new Error('the golden index is missing');
      const { source } = memorySource({ ...parts, [`unet/diffusion_pytorch_model.${ending}`]: index });
      expect((await openWeights(source, 'unet')).has('conv.weight')).toBe(true);
    },
  );

  it('names what is not there', async () => {
    for (const [component, file] of [
      ['unet', UNET],
      ['text_encoder_2', 'text_encoder_2/model.safetensors'],
    ] as const) {
      await expect(openWeights(memorySource({}).source, component)).rejects.toMatchObject({
        code: 'weights/not-found',
        detail: { file, status: 404 },
      });
    }
  });

  it('names a missing part', async () => {
    const rest = Object.entries(SHARDED).filter(([path]) => path !== PART_1);
    await expect(openWeights(memorySource(Object.fromEntries(rest)).source, 'unet')).rejects.toMatchObject({
      code: 'weights/not-found',
      detail: { file: PART_1, status: 404 },
    });
  });

  it('names a tensor that is not in the part the index says', async () => {
    const index = JSON.stringify({ weight_map: { a: 'p.safetensors', gone: 'p.safetensors' } });
    const files = { [INDEX]: new TextEncoder().encode(index), 'unet/p.safetensors': numbered({ a: 1 }) };
    await expect(openWeights(memorySource(files).source, 'unet')).rejects.toMatchObject({
      code: 'weights/tensor-missing',
      detail: { tensor: 'gone', component: 'unet/p.safetensors' },
    });
  });

  it.each([
    ['{"weight_map":', /not valid JSON/],
    ['null', /no weight_map/],
    ['{}', /no weight_map/],
    ['{"weight_map":["a"]}', /no weight_map/],
    ['{"weight_map":{"a":1}}', /'a' is in 1/],
    ['{"weight_map":{"a":"../vae/x.safetensors"}}', /not the name of a \.safetensors file/],
    ['{"weight_map":{"a":"pytorch_model.bin"}}', /not the name of a \.safetensors file/],
  ])('refuses the index %s', async (text, reason) => {
    const { source } = memorySource({ [INDEX]: new TextEncoder().encode(text) });
    await expect(openWeights(source, 'unet')).rejects.toMatchObject({
      code: 'weights/header-invalid',
      detail: { file: INDEX, reason: expect.stringMatching(reason) as string },
    });
  });

  it('names the file whose header is broken', async () => {
    const { source } = memorySource({ ...SHARDED, [PART_1]: MIXED.subarray(0, 100) });
    await expect(openWeights(source, 'unet')).rejects.toMatchObject({
      code: 'weights/header-invalid',
      detail: { file: PART_1 },
    });
  });
});

describe('WeightSet.read', () => {
  it('gives the bfloat16 torch gives from F32, F16 and BF16', async () => {
    const weights = await openWeights(memorySource({ [UNET]: MIXED }).source, 'unet');
    const requests = Object.entries(golden.mixed).map(([name, { shape }]) => ({ name, shape }));
    const tensors = await weights.read(requests);
    expect(tensors.map(sha256)).toEqual(Object.values(golden.mixed).map(({ bf16 }) => bf16));
  });

  it('reads the tiny model', async () => {
    const expected = golden['tiny-sdxl-unet'];
    const weights = await openWeights(memorySource({ [UNET]: tinyModelFile(UNET) }).source, 'unet');
    const requests = Object.entries(expected.tensors).map(([name, { shape }]) => ({ name, shape }));
    expect((await weights.read(requests)).map(sha256)).toEqual(
      Object.values(expected.tensors).map(({ bf16 }) => bf16),
    );
    expect(weights.byteLength).toBe(expected.bytes);
    expect(weights.shape('conv_in.weight')).toEqual([32, 4, 3, 3]);
  });

  it('reads tensors at odd offsets', async () => {
    const data = Uint8Array.of(7, ...F32_ONE, 0x00, 0xc0, 0xc0, 0x3f, 9);
    const header = {
      b: { dtype: 'BOOL', shape: [1], data_offsets: [0, 1] },
      full: { dtype: 'F32', shape: [1], data_offsets: [1, 5] },
      half: { dtype: 'F16', shape: [1], data_offsets: [5, 7] },
      brain: { dtype: 'BF16', shape: [1], data_offsets: [7, 9] },
      last: { dtype: 'U8', shape: [1], data_offsets: [9, 10] },
    };
    for (const blanks of ['', ' ', '  ', '   ']) {
      const bytes = rawSafetensors(JSON.stringify(header) + blanks, data);
      const weights = await openWeights(memorySource({ [UNET]: bytes }).source, 'unet');
      const names = [['full'], ['half'], ['brain'], ['brain', 'half', 'full', 'full']];
      for (const wanted of names) {
        const tensors = await weights.read(wanted.map((name) => ({ name, shape: [1] })));
        const bits: Record<string, number> = { full: 0x3f80, half: 0xc000, brain: 0x3fc0 };
        expect(tensors.map(([value]) => value)).toEqual(wanted.map((name) => bits[name]));
      }
    }
  });

  it('takes a 1×1 convolution for a linear layer and the other way round, but nothing else', async () => {
    const header = {
      conv: { dtype: 'F32', shape: [2, 3, 1, 1], data_offsets: [0, 24] },
      linear: { dtype: 'F32', shape: [2, 3], data_offsets: [24, 48] },
    };
    const weights = await openWeights(
      memorySource({ [UNET]: rawSafetensors(header, new Uint8Array(48)) }).source,
      'unet',
    );
    await expect(
      weights.read([
        { name: 'conv', shape: [2, 3] },
        { name: 'linear', shape: [2, 3, 1, 1] },
      ]),
    ).resolves.toHaveLength(2);
    for (const shape of [[3, 2], [6], [2, 3, 1, 2], [2]]) {
      await expect(weights.read([{ name: 'linear', shape }])).rejects.toMatchObject({
        code: 'weights/tensor-shape',
        detail: { tensor: 'linear', expected: `[${shape.join(', ')}]`, actual: '[2, 3]' },
      });
    }
  });

  it('checks every request before it reads', async () => {
    const { source, reads } = memorySource({ [UNET]: MIXED });
    const weights = await openWeights(source, 'unet');
    const before = reads.length;
    const good = { name: 'brain', shape: [7] };
    await expect(weights.read([good, { name: 'gone', shape: [1] }])).rejects.toMatchObject({
      code: 'weights/tensor-missing',
      detail: { tensor: 'gone', component: 'unet' },
    });
    await expect(weights.read([good, { name: 'position_ids', shape: [1, 5] }])).rejects.toMatchObject({
      code: 'weights/dtype-unsupported',
      detail: { file: UNET, tensor: 'position_ids', dtype: 'I64' },
    });
    expect(() => weights.check([good, { name: 'half', shape: [15] }])).toThrow(
      expect.objectContaining({ code: 'weights/tensor-shape' }) as Error,
    );
    weights.check([good]);
    expect(reads).toHaveLength(before);
    expect(weights.has('gone')).toBe(false);
    expect(() => weights.shape('gone')).toThrow(
      expect.objectContaining({ code: 'weights/tensor-missing' }) as Error,
    );
  });

  it('reads neighbours with one request, in whatever order they are asked', async () => {
    const { source, reads } = memorySource({ [UNET]: numbered({ a: 1, b: 2, c: 3, d: 4 }) });
    const weights = await openWeights(source, 'unet');
    reads.length = 0;
    const tensors = await weights.read(['d', 'a', 'c'].map((name) => ({ name, shape: [1] })));
    expect(tensors.map(([value]) => value)).toEqual([0x4080, 0x3f80, 0x4040]);
    expect(reads.map(([, , length]) => length)).toEqual([16]);
  });

  it('leaves out a gap of more than 64 KiB', async () => {
    for (const [gap, requests] of [
      [65_536, 1],
      [65_540, 2],
    ] as const) {
      const header = {
        a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] },
        gap: { dtype: 'U8', shape: [gap], data_offsets: [4, 4 + gap] },
        b: { dtype: 'F32', shape: [1], data_offsets: [4 + gap, 8 + gap] },
      };
      const data = Uint8Array.of(...F32_ONE, ...new Uint8Array(gap), ...F32_ONE);
      const { source, reads } = memorySource({ [UNET]: rawSafetensors(header, data) });
      const weights = await openWeights(source, 'unet');
      reads.length = 0;
      const tensors = await weights.read(['a', 'b'].map((name) => ({ name, shape: [1] })));
      expect(tensors.map(([value]) => value)).toEqual([0x3f80, 0x3f80]);
      expect(reads).toHaveLength(requests);
    }
  });

  it.each([
    ['F32', 4, [16, 4]],
    ['BF16', 2, [20]],
  ])(
    'asks for %s at once only where the answer becomes the tensor',
    async (dtype, elementBytes, requests) => {
      const mib = 1024 * 1024;
      const elements = (20 * mib) / elementBytes;
      const json = { big: { dtype, shape: [elements], data_offsets: [0, 20 * mib] } };
      const head = rawSafetensors(json, new Uint8Array(0));
      const bits = (value: number) => new Uint32Array(Float32Array.of(value).buffer)[0] ?? 0;
      const lengths: number[] = [];
      const file: RandomAccessFile = {
        path: UNET,
        size: head.length + 20 * mib,
        read(offset, length) {
          if (offset < head.length) return Promise.resolve(head.subarray(offset, offset + length));
          lengths.push(length / mib);
          // Every value is the number of its mebibyte.
          const bytes = new Uint8Array(length);
          for (let at = 0; at < length; at += mib) {
            const value = bits((offset - head.length + at) / mib);
            if (dtype === 'F32') new Uint32Array(bytes.buffer, at, mib / 4).fill(value);
            else new Uint16Array(bytes.buffer, at, mib / 2).fill(value >>> 16);
          }
          return Promise.resolve(bytes);
        },
      };
      const source = {
        label: 'large',
        open: (path: string) => Promise.resolve(path === UNET ? file : undefined),
      };
      const weights = await openWeights(source, 'unet');
      const [tensor] = await weights.read([{ name: 'big', shape: [elements] }]);
      expect(lengths).toEqual(requests);
      const step = mib / elementBytes;
      const found = [0, step, 16 * step - 1, 16 * step, elements - 1].map((i) => tensor?.[i]);
      expect(found).toEqual([0, 1, 15, 16, 19].map((value) => bits(value) >>> 16));
    },
  );

  it('leaves bfloat16 where it arrived, unless much else would stay in memory with it', async () => {
    for (const [gap, buffers] of [
      [8, 1],
      [32 * 1024, 2],
    ] as const) {
      const header = {
        a: { dtype: 'BF16', shape: [100], data_offsets: [0, 200] },
        gap: { dtype: 'U8', shape: [gap], data_offsets: [200, 200 + gap] },
        b: { dtype: 'BF16', shape: [100], data_offsets: [200 + gap, 400 + gap] },
      };
      // An even header, so that the values can be read in place.
      const json = JSON.stringify(header);
      const bytes = rawSafetensors(json.padEnd(json.length + (json.length % 2)), new Uint8Array(400 + gap));
      const weights = await openWeights(memorySource({ [UNET]: bytes }).source, 'unet');
      const tensors = await weights.read(['a', 'b'].map((name) => ({ name, shape: [100] })));
      const held = new Set(tensors.map(({ buffer }) => buffer));
      expect(held.size).toBe(buffers);
      expect([...held].reduce((sum, { byteLength }) => sum + byteLength, 0)).toBeLessThanOrEqual(408);
    }
  });

  it('does not keep a large tensor of another type for the sake of a small one', async () => {
    const header = {
      brain: { dtype: 'BF16', shape: [2], data_offsets: [0, 4] },
      full: { dtype: 'F32', shape: [1000], data_offsets: [4, 4004] },
    };
    const bytes = rawSafetensors(header, new Uint8Array(4004));
    const weights = await openWeights(memorySource({ [UNET]: bytes }).source, 'unet');
    const [brain] = await weights.read([
      { name: 'brain', shape: [2] },
      { name: 'full', shape: [1000] },
    ]);
    expect(brain?.buffer.byteLength).toBe(4);
  });

  it('stops between requests when cancelled', async () => {
    const weights = await openWeights(memorySource({ [UNET]: MIXED }).source, 'unet');
    await expect(weights.read([{ name: 'brain', shape: [7] }], AbortSignal.abort())).rejects.toMatchObject({
      code: 'engine/cancelled',
    });
  });
});

describe('WeightSet.hash', () => {
  const hashOf = async (files: Record<string, Uint8Array<ArrayBuffer>>) =>
    (await openWeights(memorySource(files).source, 'unet')).hash();

  it('is the beginning of the SHA-256 of header and sample', async () => {
    const bytes = tinyModelFile(UNET);
    const dataBegin = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const begin = dataBegin + Math.floor((bytes.length - dataBegin - 65_536) / 2);
    const hash = createHash('sha256')
      .update(bytes.subarray(0, dataBegin))
      .update(bytes.subarray(begin, begin + 65_536));
    expect(await hashOf({ [UNET]: bytes })).toBe(hash.digest('hex').slice(0, 10));
  });

  it('tells apart checkpoints with equal headers', async () => {
    expect(await hashOf({ [UNET]: numbered({ a: 1 }) })).not.toBe(
      await hashOf({ [UNET]: numbered({ a: 2 }) }),
    );
  });

  it('covers every part', async () => {
    const changed = { ...SHARDED, [PART_1]: SHARDED[PART_1]?.with(-100, 1) ?? new Uint8Array() };
    expect(await hashOf(SHARDED)).toMatch(/^[0-9a-f]{10}$/);
    expect(await hashOf(changed)).not.toBe(await hashOf(SHARDED));
  });
});
