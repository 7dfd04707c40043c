/** @file Rounding in place against torch's casts, bit for bit, on both backends. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROUNDING, roundingInputs, withOneNaN } from '../gpu/test-rounding.ts';
import { BACKENDS } from '../testing/reference.ts';
import type { Backend } from './backend.ts';

const FORMATS = ['bf16', 'f16'] as const;

async function sha256(bits: Uint32Array<ArrayBuffer>): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bits);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

it('the inputs are those that torch was given', async () => {
  const inputs = roundingInputs();
  expect(await sha256(inputs)).toBe(ROUNDING.inputs);
  const has = (test: (bits: number) => boolean): boolean => inputs.some(test);
  expect(has((bits) => (bits & 0x7fffffff) === 0x7f800000)).toBe(true);
  expect(has((bits) => (bits & 0x7fffffff) > 0x7f800000)).toBe(true);
  expect(has((bits) => (bits & 0x7f800000) === 0 && (bits & 0x7fffff) !== 0)).toBe(true);
});

describe.each(BACKENDS)('rounding on %s', (_name, open) => {
  let backend: Backend;

  beforeAll(async () => {
    backend = await open();
  });
  afterAll(() => backend.dispose());

  async function rounded(bits: Uint32Array, format: (typeof FORMATS)[number]) {
    const x = await backend.upload(new Float32Array(Uint32Array.from(bits).buffer), [bits.length]);
    backend.round(x, format);
    const values = await backend.download(x);
    backend.free(x);
    return withOneNaN(new Uint32Array(values.buffer, values.byteOffset, values.length));
  }

  it.each(FORMATS)('to %s: ties, overflow, subnormals, infinities, NaN', async (format) => {
    const { f32, [format]: expected } = ROUNDING.vectors;
    const hex = (bits: number): string => `0x${bits.toString(16)}`;
    const actual = [...(await rounded(Uint32Array.from(f32), format))];
    const pairs = (results: readonly number[]): string[] =>
      results.map((result, i) => `${hex(f32[i] ?? 0)} → ${hex(result)}`);
    expect(pairs(actual)).toEqual(pairs(expected));
  });

  it.each(FORMATS)('to %s: a million patterns', async (format) => {
    expect(await sha256(await rounded(roundingInputs(), format))).toBe(ROUNDING.sha256[format]);
  });
});
