import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bf16FromF16, bf16FromF32, f32FromBf16, f32FromF16 } from './bf16.ts';
import golden from './golden/bf16.json' with { type: 'json' };

function f32(...bits: number[]): Float32Array {
  return new Float32Array(Uint32Array.from(bits).buffer);
}

function sha256(array: Uint16Array | Uint32Array): string {
  return createHash('sha256').update(array).digest('hex');
}

function isNanBits(bits: number | undefined): boolean {
  return ((bits ?? 0) & 0x7fff) > 0x7f80;
}

const ALL_16_BITS = Uint16Array.from({ length: 0x10000 }, (_, i) => i);
const NAN32 = 0x7fc00000;

describe('bf16FromF32', () => {
  it.each([
    ['a tie goes down to even', 0x3f808000, 0x3f80],
    ['a tie goes up to even', 0x3f818000, 0x3f82],
    ['65504', 0x477fe000, 0x4780],
    ['the smallest value that becomes infinite', 0x7f7f8000, 0x7f80],
    ['the largest value that stays finite', 0x7f7f7fff, 0x7f7f],
    ['the largest float32', 0x7f7fffff, 0x7f80],
    ['a subnormal (1e-40)', 0x000116c2, 0x0001],
    ['minus zero', 0x80000000, 0x8000],
    ['minus infinity', 0xff800000, 0xff80],
  ])('%s', (_, bits, expected) => {
    expect(bf16FromF32(f32(bits))[0]).toBe(expected);
  });

  it('keeps every NaN a NaN, whatever its payload', () => {
    for (const bits of [0x7f800001, 0xff800001, 0x7fc00000, 0x7fffffff, 0xffffffff, 0xffff8000]) {
      expect(isNanBits(bf16FromF32(f32(bits))[0])).toBe(true);
    }
  });

  it('gives the bits torch gives', () => {
    const actual = bf16FromF32(f32(...golden.f32));
    golden.bf16.forEach((expected, i) => {
      if (expected === null) expect(isNanBits(actual[i])).toBe(true);
      else expect(actual[i], `0x${golden.f32[i]?.toString(16) ?? ''}`).toBe(expected);
    });
  });

  it('finds the nearest bfloat16, by exhaustion of both neighbours', () => {
    fc.assert(
      fc.property(
        fc.float({
          noNaN: true,
          noDefaultInfinity: true,
          max: Math.fround(3.3e38),
          min: Math.fround(-3.3e38),
        }),
        (value) => {
          const [bits = 0] = bf16FromF32(Float32Array.of(value));
          const near = Array.from(f32FromBf16(Uint16Array.of(bits, bits - 1, bits + 1)), (x) =>
            Math.abs(x - value),
          );
          expect(near[0]).toBeLessThanOrEqual(Math.min(...near.filter((x) => !Number.isNaN(x))));
        },
      ),
    );
  });

  it('writes into a given array and reads views that do not start at the buffer', () => {
    const out = new Uint16Array(3);
    expect(bf16FromF32(f32(0, 0x3f800000, 0xc0000000).subarray(1), out)).toBe(out);
    expect([...out]).toEqual([0x3f80, 0xc000, 0]);
  });
});

describe('widening', () => {
  it('f32FromBf16 gives the bits torch gives, for all 65536 inputs', () => {
    const bits = new Uint32Array(f32FromBf16(ALL_16_BITS).buffer);
    expect(sha256(bits.map((u) => ((u & 0x7fffffff) > 0x7f800000 ? NAN32 : u)))).toBe(golden.allBf16ToF32);
  });

  it('f32FromBf16 puts the sixteen bits on top, NaN payloads and subnormals included', () => {
    const bits = [...new Uint32Array(f32FromBf16(ALL_16_BITS).buffer)];
    expect(bits).toEqual([...ALL_16_BITS].map((value) => value * 0x10000));
  });

  it('f32FromF16 gives the bits torch gives, for all 65536 inputs', () => {
    const bits = new Uint32Array(f32FromF16(ALL_16_BITS).buffer);
    expect(sha256(bits.map((u) => ((u & 0x7fffffff) > 0x7f800000 ? NAN32 : u)))).toBe(golden.allF16ToF32);
  });

  it('bf16FromF16 gives the bits torch gives, for all 65536 inputs', () => {
    const bits = bf16FromF16(ALL_16_BITS);
    expect(sha256(bits.map((u) => (isNanBits(u) ? 0x7fc0 : u)))).toBe(golden.allF16ToBf16);
  });

  it('bfloat16 → float32 → bfloat16 changes nothing but NaN payloads', () => {
    const there = bf16FromF32(f32FromBf16(ALL_16_BITS));
    expect(there.every((u, i) => u === i || (isNanBits(u) && isNanBits(i)))).toBe(true);
  });
});
