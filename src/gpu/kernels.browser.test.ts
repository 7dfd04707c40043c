/** @file Our WGSL kernels on a real device, against torch or plain arithmetic on bits. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDevice, requestAdapter, type WatchedDevice } from './device.ts';
import { Kernels } from './kernels.ts';
import { GROUP_NORM_CASES, groupNormError, groupNormInputs } from './test-group-norm.ts';

const USAGE = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
/** What a buffer holds before a kernel writes to it; the bits of no float these tests expect. */
const UNTOUCHED = 0x7fabcdef;

let watched: WatchedDevice;
let device: GPUDevice;
let kernels: Kernels;

beforeAll(async () => {
  const { adapter } = await requestAdapter();
  if (!adapter) throw new Error('the test browser has no WebGPU');
  watched = await openDevice(adapter);
  device = watched.device;
  kernels = new Kernels(device);
});
afterAll(() => device.destroy());

/** A buffer of exactly these values. */
function buffer(values: Float32Array | Uint32Array | Uint16Array): GPUBuffer {
  const size = Math.ceil(values.byteLength / 4) * 4;
  const created = device.createBuffer({ size, usage: USAGE, mappedAtCreation: true });
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  new Uint8Array(created.getMappedRange()).set(bytes);
  created.unmap();
  return created;
}

/** A buffer of `words` that no kernel has touched. */
const untouched = (words: number): GPUBuffer => buffer(new Uint32Array(words).fill(UNTOUCHED));

/** Reads a buffer, destroys it, and makes sure the device is content. */
async function read(source: GPUBuffer): Promise<Uint32Array> {
  const staging = device.createBuffer({
    size: source.size,
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  });
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(source, 0, staging, 0, source.size);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  const values = new Uint32Array(staging.getMappedRange().slice(0));
  staging.destroy();
  source.destroy();
  watched.check();
  return values;
}

/** Index of the first difference, or −1; quicker than comparing arrays of millions in the test framework. */
const firstDifference = (actual: Uint32Array, expected: (i: number) => number): number =>
  actual.findIndex((value, i) => value !== expected(i));

describe('expand', () => {
  const expand = async (weights: Uint16Array): Promise<Uint32Array> => {
    const packed = buffer(weights);
    // One word more than there are values: nothing may be written past the end.
    const values = untouched(weights.length + 1);
    kernels.expand([{ packed, offset: 0, count: weights.length, values, matrix: undefined }]);
    packed.destroy();
    return read(values);
  };

  it.each([1, 2, 3, 255, 256, 257, 511, 1001])('widens %i values and writes no more', async (count) => {
    const weights = Uint16Array.from({ length: count }, (_, i) => (i * 40503 + 16256) & 0xffff);
    const values = await expand(weights);
    expect([...values]).toEqual([...[...weights].map((bits) => bits * 0x10000), UNTOUCHED]);
  });

  it('keeps the bits of every bfloat16: subnormals, infinities and NaN too', async () => {
    const values = await expand(Uint16Array.from({ length: 0x10000 }, (_, i) => i));
    expect(firstDifference(values.subarray(0, 0x10000), (i) => i * 0x10000)).toBe(-1);
  });

  it('reaches beyond the workgroups of one dimension', async () => {
    const count = device.limits.maxComputeWorkgroupsPerDimension * 256 + 333;
    const weights = new Uint16Array(count);
    for (let i = 0; i < count; i++) weights[i] = i % 65521;
    const values = await expand(weights);
    expect(firstDifference(values.subarray(0, count), (i) => (i % 65521) * 0x10000)).toBe(-1);
    expect(values[count]).toBe(UNTOUCHED);
  });

  it.each([
    [1, 1],
    [1, 40],
    [40, 1],
    [16, 16],
    [17, 31],
    [33, 16],
    [15, 64],
    [100, 77],
  ])('transposes %i × %i', async (rows, columns) => {
    const weights = Uint16Array.from({ length: rows * columns }, (_, i) => i + 1);
    const packed = buffer(weights);
    const values = untouched(rows * columns + 1);
    kernels.expand([{ packed, offset: 0, count: rows * columns, values, matrix: [rows, columns] }]);
    packed.destroy();
    const expected = Array.from({ length: rows * columns }, (_, i) => {
      const [column, row] = [Math.floor(i / rows), i % rows];
      return (row * columns + column + 1) * 0x10000;
    });
    expect([...(await read(values))]).toEqual([...expected, UNTOUCHED]);
  });

  it('widens several tensors of one buffer, each from where it starts', async () => {
    const [first, second] = [
      [1, 2, 3],
      [4, 5, 6, 7, 8, 9],
    ] as const;
    const offset = device.limits.minStorageBufferOffsetAlignment;
    const all = new Uint16Array(offset / 2 + second.length);
    all.set(first);
    all.set(second, offset / 2);
    const packed = buffer(all);
    const [a, b] = [untouched(first.length + 1), untouched(second.length + 1)];
    kernels.expand([
      { packed, offset: 0, count: first.length, values: a, matrix: undefined },
      { packed, offset, count: second.length, values: b, matrix: [2, 3] },
    ]);
    packed.destroy();
    expect([...(await read(a))]).toEqual([...first.map((bits) => bits * 0x10000), UNTOUCHED]);
    expect([...(await read(b))]).toEqual([...[4, 7, 5, 8, 6, 9].map((bits) => bits * 0x10000), UNTOUCHED]);
  });
});

describe('round', () => {
  it.each(['bf16', 'f16'] as const)('to %s reaches every value and no further', async (format) => {
    // 1 + 2⁻¹³, which neither format holds.
    const between = 0x3f800400;
    const most = device.limits.maxComputeWorkgroupsPerDimension * 256 + 333;
    for (const count of [1, 255, 256, 257, most]) {
      const values = buffer(new Uint32Array(count + 1).fill(between));
      kernels.round(values, count, format);
      const rounded = await read(values);
      expect(firstDifference(rounded.subarray(0, count), () => 0x3f800000)).toBe(-1);
      expect(rounded[count]).toBe(between);
    }
  });
});

describe('summarise', () => {
  /** Count of what is not finite, key of the greatest other, complement of the least one's. */
  const summarise = async (values: Float32Array, count = values.length): Promise<number[]> => {
    const source = buffer(values);
    const offset = device.limits.minStorageBufferOffsetAlignment;
    const words = new Uint32Array(offset / 4 + 4);
    words[0] = words[offset / 4 + 3] = UNTOUCHED;
    const summaries = buffer(words);
    kernels.summarise(source, count, summaries, offset);
    source.destroy();
    const written = await read(summaries);
    expect([written[0], written[offset / 4 + 3]]).toEqual([UNTOUCHED, UNTOUCHED]);
    return [...written.subarray(offset / 4, offset / 4 + 3)];
  };
  const floats = (...bits: number[]): Float32Array => new Float32Array(Uint32Array.from(bits).buffer);

  it('tells NaN and infinity of every kind from the largest and the smallest numbers', async () => {
    const bits = [0x7f800001, 0xff800001, 0x7fffffff, 0xffc00000, 0x7f7fffff, 0x00800000];
    expect(await summarise(floats(...bits))).toEqual([4, 0xff7fffff, ~0x80800000 >>> 0]);
    expect(await summarise(floats(0x7f800000, 0xff800000))).toEqual([2, 0, 0]);
    expect(await summarise(floats(0xff7fffff, 0x80000001))).toEqual([0, 0x7ffffffe, ~0x00800000 >>> 0]);
  });

  it('sees every place, also beyond its largest dispatch', async () => {
    const most = 1024 * 256;
    const values = new Float32Array(most * 2 + 77);
    const places = [0, 255, 256, most - 1, most, most * 2, values.length - 1];
    for (const place of places) values[place] = Infinity;
    expect((await summarise(values))[0]).toBe(places.length);
    expect(await summarise(new Float32Array(3000).fill(NaN))).toEqual([3000, 0, 0]);
    for (const place of places) {
      const [two, zero] = [0xc0000000, ~0x80000000 >>> 0];
      expect(await summarise(new Float32Array(most * 2 + 77).fill(2, place, place + 1))).toEqual([
        0,
        two,
        zero,
      ]);
    }
  });

  it('ignores what lies behind the values', async () => {
    expect((await summarise(Float32Array.of(1, NaN, NaN, 7), 2)).slice(0, 2)).toEqual([1, 0xbf800000]);
  });
});

describe('groupNorm', () => {
  it.each(GROUP_NORM_CASES.map((example) => [example.name, example] as const))(
    'agrees with torch: %s',
    async (_name, example) => {
      const { x, weight, bias } = groupNormInputs(example);
      const [source, scale, shift] = [x, weight, bias].map(buffer) as [GPUBuffer, GPUBuffer, GPUBuffer];
      const target = untouched(x.length + 1);
      kernels.groupNorm(source, scale, shift, target, example);
      for (const input of [source, scale, shift]) input.destroy();
      const bits = await read(target);
      expect(groupNormError(new Float32Array(bits.buffer, 0, x.length), example)).toBeLessThan(1e-4);
      expect(bits.at(-1)).toBe(UNTOUCHED);
    },
  );
});
