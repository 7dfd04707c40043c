import { afterEach, describe, expect, it } from 'vitest';
import type { DeviceExamination } from '../../engine/device-report.ts';
import { setLocale } from '../../locale/index.ts';
import { capabilities } from '../../locale/en/capabilities.ts';
import { capabilityGroups, deviceText } from './device-capabilities.ts';

const GIB = 2 ** 30;

/** A machine with a graphics card, in a browser that tells all. */
const DESKTOP: DeviceExamination = {
  version: '1.2.3',
  browser: { name: 'Chromium', version: '156.0', platform: 'Linux', userAgent: 'Mozilla/5.0 test' },
  secureContext: true,
  webgpuInterface: true,
  webgpu: true,
  reason: null,
  adapter: { name: 'A100', vendor: 'nvidia', architecture: 'ampere', device: '', description: '' },
  software: false,
  features: ['shader-f16', 'subgroups', 'timestamp-query'],
  limits: { maxBufferSize: 4 * GIB },
  subgroups: { result: 'right', size: 32, wrong: [], reason: null },
  jspi: true,
  wasmSimd: true,
  sharedArrayBuffer: true,
  crossOriginIsolated: true,
  threads: 8,
  memoryBytes: 16 * GIB,
  defaultGpuBudgetBytes: 4 * GIB,
  defaultGpuBudgetRule: 'card',
  defaultRamBudgetBytes: 4 * GIB,
  defaultRamBudgetRule: 'share',
  backend: 'webgpu',
  largestTensorBytes: 2 * GIB,
  wholePictureSide: 1024,
  indexedDb: true,
  locks: true,
  storage: { usedBytes: GIB, availableBytes: 9 * GIB, persisted: true },
  serviceWorker: true,
};

/** A browser that has next to nothing, on a page that is not served securely. */
const BARE: DeviceExamination = {
  ...DESKTOP,
  browser: { name: '', version: '', platform: '', userAgent: '' },
  secureContext: false,
  webgpuInterface: false,
  webgpu: false,
  reason: 'this browser has no WebGPU',
  adapter: null,
  features: [],
  limits: {},
  subgroups: { result: 'absent', size: null, wrong: [], reason: null },
  jspi: false,
  wasmSimd: false,
  sharedArrayBuffer: false,
  crossOriginIsolated: false,
  threads: 1,
  memoryBytes: null,
  defaultGpuBudgetBytes: null,
  defaultGpuBudgetRule: null,
  defaultRamBudgetRule: 'assumed',
  backend: 'wasm',
  largestTensorBytes: null,
  wholePictureSide: 448,
  indexedDb: false,
  locks: false,
  storage: { usedBytes: null, availableBytes: null, persisted: null },
  serviceWorker: false,
};

function rowsOf(device: DeviceExamination) {
  return capabilityGroups(device).flatMap(({ rows }) => rows);
}

function statesOf(device: DeviceExamination): Record<string, string> {
  return Object.fromEntries(rowsOf(device).map(({ id, state }) => [id, state]));
}

afterEach(() => setLocale('en'));

describe('the rows about a device', () => {
  it('are one for each capability there is', () => {
    const ids = rowsOf(DESKTOP).map(({ id }) => id);
    expect(ids.toSorted()).toEqual(Object.keys(capabilities).sort());
  });

  it('of a desktop', () => {
    expect(statesOf(DESKTOP)).toEqual({
      browser: 'known',
      'secure-context': 'yes',
      webgpu: 'hardware',
      backend: 'webgpu',
      'gpu-budget': 'card',
      'largest-tensor': 'known',
      'whole-picture': 'webgpu',
      'shader-f16': 'present',
      subgroups: 'right',
      'timestamp-query': 'present',
      jspi: 'present',
      isolation: 'yes',
      'shared-memory': 'present',
      'wasm-simd': 'present',
      memory: 'told',
      'ram-budget': 'share',
      storage: 'told',
      persistence: 'kept',
      indexeddb: 'works',
      locks: 'present',
      'service-worker': 'present',
    });
  });

  it('of a browser that has and tells next to nothing', () => {
    expect(statesOf(BARE)).toEqual({
      browser: 'known',
      'secure-context': 'no',
      webgpu: 'absent',
      backend: 'wasm',
      'gpu-budget': 'none',
      'largest-tensor': 'none',
      'whole-picture': 'wasm',
      'shader-f16': 'absent',
      subgroups: 'absent',
      'timestamp-query': 'absent',
      jspi: 'absent',
      isolation: 'no',
      'shared-memory': 'absent',
      'wasm-simd': 'absent',
      memory: 'not-told',
      'ram-budget': 'assumed',
      storage: 'not-told',
      persistence: 'not-told',
      indexeddb: 'refused',
      locks: 'absent',
      'service-worker': 'absent',
    });
  });

  it.each<[string, Partial<DeviceExamination>, string, string]>([
    ['a GPU in software', { software: true }, 'webgpu', 'software'],
    ['WebGPU without an adapter', { adapter: null }, 'webgpu', 'no-adapter'],
    [
      'storage that may go',
      { storage: { usedBytes: 0, availableBytes: 1, persisted: false } },
      'persistence',
      'may-go',
    ],
    [
      'subgroups that are wrong',
      { subgroups: { result: 'wrong', size: 4, wrong: ['subgroupAdd'], reason: null } },
      'subgroups',
      'wrong',
    ],
    [
      'subgroups that could not be tested',
      { subgroups: { result: 'failed', size: null, wrong: [], reason: 'device lost' } },
      'subgroups',
      'failed',
    ],
  ])('of %s', (_, change, id, state) => {
    expect(statesOf({ ...DESKTOP, ...change })[id]).toBe(state);
  });

  it('give the figures that were found', () => {
    const found = Object.fromEntries(rowsOf(DESKTOP).map((row) => [row.id, row.found]));
    expect(found).toMatchObject({
      browser: 'Chromium 156.0, Linux',
      webgpu: 'nvidia ampere',
      'gpu-budget': '4.00 GB',
      'largest-tensor': '2.00 GB',
      'whole-picture': 'up to 1024 × 1024 pixels',
      subgroups: 'right, 32 together',
      isolation: 'yes, 8 threads',
      memory: '16.0 GB',
    });
  });

  it('name no size where not even the smallest picture fits in one piece', () => {
    const rows = rowsOf({ ...DESKTOP, wholePictureSide: 0 });
    expect(rows.find(({ id }) => id === 'whole-picture')?.found).toBe('none');
  });

  it('are in the language of the page', () => {
    const english = rowsOf(BARE);
    setLocale('zh-CN');
    for (const [i, { meaning, found }] of rowsOf(BARE).entries()) {
      expect(meaning).toMatch(/[\u4e00-\u9fff]/);
      expect(meaning).not.toBe(english[i]?.meaning);
      expect(found).not.toBe('');
    }
  });
});

it('the report as text has every row, and what the browser gives word for word', () => {
  const text = deviceText(DESKTOP);
  for (const { name, found, meaning } of rowsOf(DESKTOP)) {
    expect(text).toContain(`${name}: ${found}\n`);
    expect(text).toContain(meaning);
  }
  expect(text).toContain('Emulsion 1.2.3');
  expect(text).toContain('maxBufferSize: 4294967296');
  expect(text).toContain('shader-f16, subgroups, timestamp-query');
  expect(text.endsWith('Mozilla/5.0 test')).toBe(true);
});
