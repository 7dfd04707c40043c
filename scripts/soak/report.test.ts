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
  samples: [FIRST, { ...FIRST, pictures: 500 }, { ...FIRST, pictures: 1000 }],
};

function afterwards(change: object, half: object = {}): SoakReport {
  const samples = [
    { ...FIRST, pictures: 500, ...half },
    { ...FIRST, pictures: 1000, ...change },
  ];
  return { ...REPORT, samples: [FIRST, ...samples] };
}

describe('a soak', () => {
  it('is good when nothing grows beyond its bar', () => {
    expect(soakFailures(REPORT)).toEqual([]);
    const change = { gpu: 101 * MIB, wasm: 105 * MIB, objects: 104 * MIB, buffers: 106 * MIB };
    expect(soakFailures(afterwards(change))).toEqual([]);
    expect(soakFailures(afterwards({ gpu: 50 * MIB }))).toEqual([]);
  });

  it.each([
    [{ gpu: 101.1 * MIB }, 'GPU memory grew by 1.1 %, 100 MB → 101 MB; the bar is 1.0 %'],
    [{ wasm: 106 * MIB }, 'the WASM heap grew by 6.0 %, 100 MB → 106 MB; the bar is 5.0 %'],
    [
      { objects: 106 * MIB },
      'JavaScript objects since half grew by 6.0 %, 100 MB → 106 MB; the bar is 5.0 %',
    ],
    [{ buffers: 300 * MIB }, 'the JavaScript heap grew by 100.0 %, 200 MB → 400 MB; the bar is 5.0 %'],
  ])('is not with %j', (change, sentence) => {
    expect(soakFailures(afterwards(change))).toEqual([sentence]);
  });

  it('is not with a picture that is none, or has values that are not finite', () => {
    const failed = [{ picture: 3, prompt: 'a fox', seed: 2, what: 'black' }];
    expect(soakFailures({ ...REPORT, failed })).toEqual(['1 pictures are none; the first: black']);
    expect(soakFailures({ ...REPORT, nonFinite: 2 })).toEqual(['2 pictures have values that are not finite']);
  });

  it('lets objects grow with compiled code in the first half', () => {
    const objects = 109 * MIB;
    expect(soakFailures(afterwards({ objects }, { objects }))).toEqual([]);
    expect(soakFailures(afterwards({ objects: 111 * MIB }, { objects: 111 * MIB }))).toEqual([
      'the JavaScript heap grew by 5.5 %, 200 MB → 211 MB; the bar is 5.0 %',
    ]);
  });

  it('tells objects and array buffers apart', () => {
    const rows = soakRows(afterwards({ objects: 104 * MIB, buffers: 90 * MIB }));
    expect(rows.slice(-2)).toEqual([
      ['JavaScript objects', '100 MB → 104 MB'],
      ['array buffers', '100 MB → 90 MB'],
    ]);
  });

  it('compares nothing that a backend does not have', () => {
    const samples = REPORT.samples.map((sample) => ({ ...sample, gpu: null }));
    expect(soakFailures({ ...REPORT, samples })).toEqual([]);
    expect(soakRows({ ...REPORT, samples }).map(([name]) => name)).not.toContain('GPU memory');
  });
});
