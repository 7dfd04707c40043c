import { describe, expect, it } from 'vitest';
import { soakFailures, soakRows, type SoakReport } from './report.ts';

const MIB = 2 ** 20;
const FIRST = { pictures: 10, gpu: 100 * MIB, wasm: 100 * MIB, objects: 100 * MIB, buffers: 100 * MIB };
const REPORT: SoakReport = {
  setting: {
    model: 'tiny',
    backend: 'webgpu',
    adapter: 'SwiftShader',
    precision: 'f32',
    steps: 1,
    count: 1000,
  },
  ...{ painted: 1000, nonFinite: 0, failed: [], seconds: 500 },
  samples: [FIRST, { ...FIRST, pictures: 1000 }],
};

function afterwards(change: object): SoakReport {
  return { ...REPORT, samples: [FIRST, { ...FIRST, pictures: 1000, ...change }] };
}

describe('a soak', () => {
  it('is good when nothing grows beyond its bar', () => {
    expect(soakFailures(REPORT)).toEqual([]);
    // Compiled code among the objects is little beside what they hold.
    const change = { gpu: 101 * MIB, wasm: 105 * MIB, objects: 109 * MIB, buffers: 100 * MIB };
    expect(soakFailures(afterwards(change))).toEqual([]);
    expect(soakFailures(afterwards({ gpu: 50 * MIB }))).toEqual([]);
  });

  it.each([
    [{ gpu: 101.1 * MIB }, 'GPU memory grew by 1.1 %, 100 MB → 101 MB; the bar is 1.0 %'],
    [{ wasm: 106 * MIB }, 'the WASM heap grew by 6.0 %, 100 MB → 106 MB; the bar is 5.0 %'],
    [{ objects: 120 * MIB }, 'the JavaScript heap grew by 10.0 %, 200 MB → 220 MB; the bar is 5.0 %'],
    [{ buffers: 300 * MIB }, 'the JavaScript heap grew by 100.0 %, 200 MB → 400 MB; the bar is 5.0 %'],
  ])('is not with %j', (change, sentence) => {
    expect(soakFailures(afterwards(change))).toEqual([sentence]);
  });

  it('is not with a picture that is none, or has values that are not finite', () => {
    const failed = [{ picture: 3, prompt: 'a fox', seed: 2, what: 'black' }];
    expect(soakFailures({ ...REPORT, failed })).toEqual(['1 pictures are none; the first: black']);
    expect(soakFailures({ ...REPORT, nonFinite: 2 })).toEqual(['2 pictures have values that are not finite']);
  });

  it('compares nothing that a backend does not have', () => {
    const samples = REPORT.samples.map((sample) => ({ ...sample, gpu: null }));
    expect(soakFailures({ ...REPORT, samples })).toEqual([]);
    expect(soakRows({ ...REPORT, samples }).map(([name]) => name)).not.toContain('GPU memory');
  });
});
