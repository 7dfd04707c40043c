import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../error.ts';
import { blobFile } from './blob-file.ts';
import { parseF32Safetensors, readSafetensorsHeader, writeSafetensors } from './safetensors.ts';
import { goldenFile, rawSafetensors, tinyModelFile } from './test-files.ts';

function read(bytes: Uint8Array<ArrayBuffer>) {
  return readSafetensorsHeader(blobFile('unet/x.safetensors', new Blob([bytes])));
}

const f32 = (begin: number, end: number, shape = [(end - begin) / 4]) => ({
  dtype: 'F32',
  shape,
  data_offsets: [begin, end],
});
const A = '"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}';
const data = (length: number) => new Uint8Array(length);

describe('readSafetensorsHeader', () => {
  it('reads what the reference library wrote', async () => {
    const header = await read(goldenFile('mixed.safetensors'));
    expect(header.metadata).toEqual({ format: 'pt' });
    expect(header.tensors.get('position_ids')).toMatchObject({ dtype: 'I64', shape: [1, 5] });
    expect(header.tensors.get('half')).toMatchObject({ dtype: 'F16', shape: [5, 3] });
    expect(header.tensors.get('empty')).toMatchObject({ dtype: 'F32', shape: [0, 4] });
    expect(header.tensors.size).toBe(6);
  });

  it('gives offsets in the whole file', async () => {
    const header = await read(rawSafetensors(`{${A}} `, data(4)));
    const dataBegin = 8 + A.length + 3;
    expect(header.dataBegin).toBe(dataBegin);
    expect(header.tensors.get('a')).toEqual({
      dtype: 'F32',
      shape: [1],
      begin: dataBegin,
      end: dataBegin + 4,
    });
  });

  it.each(['unet', 'vae', 'tiny_vae'])('accepts the tiny model’s %s', async (folder) => {
    const header = await read(tinyModelFile(`${folder}/diffusion_pytorch_model.safetensors`));
    expect(header.tensors.size).toBeGreaterThan(50);
  });

  // What safetensors 0.8 accepts, by trial.
  it.each<[string, unknown, number]>([
    ['a file without tensors', {}, 0],
    ['trailing blanks', `{${A}}   `, 4],
    ['a scalar', { a: f32(0, 4, []) }, 4],
    ['empty tensors at the end', { a: f32(0, 8), y: f32(8, 8, [0]), z: f32(8, 8, [0, 3]) }, 8],
    ['tensors out of order', { b: f32(4, 8), a: f32(0, 4) }, 8],
    ['unknown fields in an entry', { a: { ...f32(0, 4), note: 1 } }, 4],
    ['null metadata', { __metadata__: null, a: f32(0, 4) }, 4],
    ['a tensor without a name', { '': f32(0, 4) }, 4],
    ['a tensor named __proto__', `{${A.replace('a', '__proto__')}}`, 4],
    ['a whole number of bytes of 4-bit values', { a: { dtype: 'F4', shape: [4], data_offsets: [0, 2] } }, 2],
    ['a quoted brace and quote in a name', { 'a{"}\\': f32(0, 4) }, 4],
  ])('accepts %s', async (_, header, length) => {
    await expect(read(rawSafetensors(header, data(length)))).resolves.toBeDefined();
  });

  // What safetensors 0.8 refuses, by trial, and (marked *) what only the format's text forbids.
  it.each<[string, unknown, number, RegExp]>([
    ['left-over bytes', { a: f32(0, 8) }, 9, /last 1 bytes/],
    ['data cut short', { a: f32(0, 8) }, 7, /'a'.*ends at byte 8 of 7/],
    ['a hole at the start', { a: f32(4, 8) }, 8, /4 bytes before tensor 'a'/],
    ['a hole in the middle', { a: f32(0, 4), b: f32(8, 12) }, 12, /4 bytes before tensor 'b'/],
    ['an overlap', { a: f32(0, 8), b: f32(4, 12) }, 12, /'b' overlaps/],
    ['one range for two tensors', { a: f32(0, 8), b: f32(0, 8) }, 8, /'b' overlaps/],
    ['an empty tensor inside another', { a: f32(0, 8), z: f32(4, 4, [0]) }, 8, /'z' overlaps/],
    ['offsets that run backwards', { a: f32(8, 4, [1]) }, 8, /backwards/],
    ['a negative size', { a: f32(0, 4, [-1]) }, 4, /\[-1\] is not a list of sizes/],
    ['a fractional size', { a: f32(0, 4, [0.5]) }, 4, /not a list of sizes/],
    ['a shape that is no list', { a: { ...f32(0, 4), shape: 1 } }, 4, /not a list of sizes/],
    ['a shape too large to count', { a: f32(0, 4, [2 ** 40, 2 ** 40]) }, 4, /too large/],
    ['a size too large to hold', { a: f32(0, 4, [2 ** 63]) }, 4, /not a list of sizes/],
    ['a shape that does not fill its range', { a: f32(0, 8, [3]) }, 8, /\[3\] takes 12 bytes.*span 8/],
    ['part of a byte', { a: { dtype: 'F4', shape: [3], data_offsets: [0, 2] } }, 2, /takes 1.5 bytes/],
    ['an unknown dtype', { a: { ...f32(0, 4), dtype: 'Q9' } }, 4, /unknown dtype "Q9"/],
    ['a dtype that every object has', { a: { ...f32(0, 4), dtype: 'toString' } }, 4, /unknown dtype/],
    [
      'a dtype nested without end',
      `{"a":{"dtype":${'['.repeat(1e5)}${']'.repeat(1e5)}}}`,
      0,
      /nested without end/,
    ],
    ['no shape', { a: { dtype: 'F32', data_offsets: [0, 4] } }, 4, /shape undefined/],
    ['no offsets', { a: { dtype: 'F32', shape: [1] } }, 4, /data_offsets undefined/],
    ['three offsets', { a: { ...f32(0, 4), data_offsets: [0, 4, 4] } }, 4, /not two offsets/],
    ['an offset beyond the file', { a: f32(0, 2 ** 50, [2 ** 48]) }, 8, /ends at byte/],
    ['an entry that is null', { a: null }, 0, /not an object/],
    ['metadata that are no map', { __metadata__: [], a: f32(0, 4) }, 4, /__metadata__ is not an object/],
    ['metadata that are no text', { __metadata__: { q: 1 } }, 0, /'q' is not a string/],
    ['a tensor named twice', `{${A},${A.replace('0,4', '4,8')}}`, 8, /'a' occurs twice/],
    ['a field named twice', `{${A.replace('{', '{"dtype":"F32",')}}`, 4, /'dtype' occurs twice/],
    ['metadata named twice', `{"__metadata__":{},"__metadata__":{},${A}}`, 4, /occurs twice/],
    ['* a tensor named twice, the same', `{${A},"\\u0061" :${A.slice(4)}}`, 4, /'a' occurs twice/],
    ['* blanks before the header', `  {${A}}`, 4, /begin with/],
    ['a list', '[]', 0, /begin with/],
    ['a byte order mark', '\ufeff{}', 0, /begin with/],
    ['an empty header', '', 0, /begin with/],
    ['zero bytes as padding', '{}\0\0', 0, /not valid JSON/],
    ['a JSON text cut off', '{"a', 0, /not valid JSON/],
    ['bytes that are not UTF-8', Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d), 0, /UTF-8/],
  ])('refuses %s', async (_, header, length, reason) => {
    const expectation = { file: 'unet/x.safetensors', reason: expect.stringMatching(reason) as string };
    await expect(read(rawSafetensors(header, data(length)))).rejects.toMatchObject({
      code: 'weights/header-invalid',
      detail: expectation,
    });
  });

  it.each<[string, Uint8Array<ArrayBuffer>, RegExp]>([
    ['no bytes at all', new Uint8Array(0), /0 bytes, too few/],
    ['fewer bytes than the length field', new Uint8Array(7), /7 bytes, too few/],
    ['a header longer than the file', rawSafetensors('{}', data(0), 100n), /100 bytes long.*ends after 10/],
    [
      'an absurd header length',
      rawSafetensors('{}', data(0), 2n ** 63n),
      /9223372036854775808 bytes is larger/,
    ],
  ])('refuses %s', async (_, bytes, reason) => {
    await expect(read(bytes)).rejects.toMatchObject({
      code: 'weights/header-invalid',
      detail: { reason: expect.stringMatching(reason) as string },
    });
  });

  const size = fc.oneof(fc.nat(8), fc.integer(), fc.double(), fc.constantFrom(2 ** 53, 2 ** 31));
  const entry = fc.record(
    {
      dtype: fc.oneof(fc.constantFrom('F32', 'BF16', 'I64', 'BOOL', 'F4'), fc.string()),
      shape: fc.oneof(fc.array(size, { maxLength: 3 }), fc.jsonValue()),
      data_offsets: fc.oneof(fc.tuple(size, size), fc.jsonValue()),
    },
    { requiredKeys: [] },
  );
  const header = fc.oneof(
    fc.dictionary(fc.oneof(fc.string(), fc.constant('__metadata__')), fc.oneof(entry, fc.jsonValue())),
    fc.json(),
    fc.string().map((text) => `{${text}`),
    fc.uint8Array().map((bytes) => Uint8Array.of(0x7b, ...bytes)),
  );

  it('answers anything at all with a header or an AppError', async () => {
    const any = fc.oneof(
      fc.uint8Array({ maxLength: 64 }),
      fc
        .tuple(header, fc.nat(64), fc.option(fc.bigInt(0n, 2n ** 64n - 1n), { nil: undefined, freq: 9 }))
        .map(([json, length, claimed]) => rawSafetensors(json, data(length), claimed)),
    );
    await fc.assert(
      fc.asyncProperty(any, async (bytes) => {
        const error = await read(new Uint8Array(bytes)).then(
          () => undefined,
          (reason: unknown) => reason,
        );
        expect(
          error === undefined || (error instanceof AppError && error.code === 'weights/header-invalid'),
        ).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('answers a real file with one changed byte the same way', async () => {
    const real = goldenFile('mixed.safetensors');
    await fc.assert(
      fc.asyncProperty(fc.nat(real.length - 1), fc.nat(255), async (at, value) => {
        const bytes = real.slice();
        bytes[at] = value;
        const outcome = await read(bytes).then(
          ({ tensors }) =>
            [...tensors.values()].every(({ begin, end }) => begin <= end && end <= bytes.length),
          (error: unknown) => error instanceof AppError && error.code === 'weights/header-invalid',
        );
        expect(outcome).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe('parseF32Safetensors', () => {
  it('leaves out a tensor that is not floating point', () => {
    const tensors = parseF32Safetensors(goldenFile('mixed.safetensors'), 'noise.safetensors');
    expect(tensors.has('position_ids')).toBe(false);
    expect(tensors.size).toBeGreaterThan(0);
  });

  it('widens F16 and BF16 and reads F32 wherever they lie', () => {
    const values = Uint8Array.of(0x00, 0x3c, 0xc0, 0x3f, 0x00, 0x00, 0x20, 0xc0);
    const header = {
      half: { dtype: 'F16', shape: [1], data_offsets: [0, 2] },
      brain: { dtype: 'BF16', shape: [], data_offsets: [2, 4] },
      full: { dtype: 'F32', shape: [1, 1], data_offsets: [4, 8] },
    };
    for (const blanks of ['', ' ', '  ', '   ']) {
      const tensors = parseF32Safetensors(rawSafetensors(JSON.stringify(header) + blanks, values), 'x');
      expect(Object.fromEntries(tensors)).toEqual({
        half: { shape: [1], data: Float32Array.of(1) },
        brain: { shape: [], data: Float32Array.of(1.5) },
        full: { shape: [1, 1], data: Float32Array.of(-2.5) },
      });
    }
  });
});

describe('writeSafetensors', () => {
  const tensors = {
    'latents.0': { shape: [2, 2], data: Float32Array.of(1.5, -2, 0, 3.25) },
    数: { shape: [], data: Float32Array.of(7) },
    context: { shape: [1], data: Float32Array.of(0.5) },
    latents: { shape: [1, 2, 3], data: Float32Array.of(0, 1, 2, 3, 4, 5) },
  };

  it('writes the bytes the reference library writes', () => {
    expect(writeSafetensors(tensors, { prompt: 'a "red" apple 苹果' })).toEqual(
      goldenFile('dump.safetensors'),
    );
  });

  it('is read back as it was, whatever the names and views', () => {
    const tensor = fc.float32Array().map((values) => ({ shape: [values.length], data: values.subarray(0) }));
    fc.assert(
      fc.property(fc.dictionary(fc.string(), tensor), (given) => {
        const back = parseF32Safetensors(writeSafetensors(given), 'x');
        expect(back).toEqual(new Map(Object.entries(given)));
      }),
    );
  });

  it('pads the header to eight bytes', () => {
    for (const name of ['a', 'ab', 'abc', 'abcd', 'abcde']) {
      const bytes = writeSafetensors({ [name]: { shape: [1], data: Float32Array.of(1) } });
      expect((bytes.length - 4) % 8).toBe(0);
    }
  });
});
