/** @file What was found out about a device, in words: the same rows for the page, its report and the command line. */
import type { CapabilityId, CapabilityStates, DeviceExamination } from '../../engine/device-report.ts';
import { capabilityText, translate } from '../../locale/index.ts';
import { byteSize } from '../parts/byte-size.ts';

type GroupName = 'browser' | 'gpu' | 'cpu' | 'storage';

/** Every capability once, in the order it is shown. */
const GROUPS: readonly (readonly [GroupName, readonly CapabilityId[]])[] = [
  [
    'gpu',
    [
      'webgpu',
      'backend',
      'gpu-budget',
      'largest-tensor',
      'whole-picture',
      'shader-f16',
      'subgroups',
      'timestamp-query',
    ],
  ],
  ['cpu', ['memory', 'ram-budget', 'isolation', 'shared-memory', 'wasm-simd', 'jspi']],
  ['storage', ['storage', 'persistence', 'indexeddb', 'locks', 'service-worker']],
  ['browser', ['browser', 'secure-context']],
];

/** How a capability was found: its state, and that in words with the figures that go with it. */
interface Finding<C extends CapabilityId> {
  readonly state: CapabilityStates[C];
  readonly found: string;
}

type Findings = { readonly [C in CapabilityId]: (device: DeviceExamination) => Finding<C> };

const FINDINGS: Findings = {
  browser: ({ browser: { name, version, platform } }) => ({
    state: 'known',
    found: [`${name} ${version}`.trim(), platform].filter(Boolean).join(', ') || translate('found.unknown'),
  }),
  'secure-context': ({ secureContext }) => yesOrNo(secureContext),
  webgpu: ({ adapter, software, webgpuInterface }) => {
    if (!adapter) {
      return webgpuInterface
        ? { state: 'no-adapter', found: translate('found.noAdapter') }
        : { state: 'absent', found: translate('found.absent') };
    }
    const { vendor, architecture, device, description } = adapter;
    const names = [description, vendor, architecture, device].filter(Boolean).join(' ') || adapter.name;
    return software
      ? { state: 'software', found: translate('deviceSoftware', names) }
      : { state: 'hardware', found: names };
  },
  backend: ({ backend }) => ({ state: backend, found: backend === 'webgpu' ? 'WebGPU' : 'WASM' }),
  'gpu-budget': ({ defaultGpuBudgetBytes: bytes, defaultGpuBudgetRule: rule }) =>
    rule === null || bytes === null
      ? { state: 'none', found: translate('found.none') }
      : { state: rule, found: byteSize(bytes) },
  'largest-tensor': ({ largestTensorBytes: bytes }) =>
    bytes === null
      ? { state: 'none', found: translate('found.none') }
      : { state: 'known', found: byteSize(bytes) },
  'whole-picture': ({ backend, wholePictureSide }) => ({
    state: backend,
    found: wholePictureSide === 0 ? translate('found.none') : translate('foundSide', wholePictureSide),
  }),
  'shader-f16': ({ features }) => presence(features.includes('shader-f16')),
  subgroups: ({ subgroups: { result, size, wrong, reason } }) => ({
    state: result,
    found: {
      right: () => translate('foundRight', size ?? 0),
      wrong: () => translate('foundWrong', wrong.join(', ')),
      absent: () => translate('found.absent'),
      failed: () => translate('foundUntested', reason ?? ''),
    }[result](),
  }),
  'timestamp-query': ({ features }) => presence(features.includes('timestamp-query')),
  jspi: ({ jspi }) => presence(jspi),
  isolation: ({ crossOriginIsolated, threads }) =>
    crossOriginIsolated ? { state: 'yes', found: translate('foundThreads', threads) } : yesOrNo(false),
  'shared-memory': ({ sharedArrayBuffer }) => presence(sharedArrayBuffer),
  'wasm-simd': ({ wasmSimd }) => presence(wasmSimd),
  memory: ({ memoryBytes }) =>
    memoryBytes === null ? notTold() : { state: 'told', found: byteSize(memoryBytes) },
  'ram-budget': ({ defaultRamBudgetBytes: bytes, defaultRamBudgetRule: state }) => ({
    state,
    found: byteSize(bytes),
  }),
  storage: ({ storage: { usedBytes, availableBytes } }) =>
    usedBytes === null || availableBytes === null
      ? notTold()
      : {
          state: 'told',
          found: translate('foundUsed', byteSize(usedBytes), byteSize(usedBytes + availableBytes)),
        },
  persistence: ({ storage: { persisted } }) => {
    if (persisted === null) return notTold();
    return persisted
      ? { state: 'kept', found: translate('found.yes') }
      : { state: 'may-go', found: translate('found.no') };
  },
  indexeddb: ({ indexedDb }) =>
    indexedDb
      ? { state: 'works', found: translate('found.works') }
      : { state: 'refused', found: translate('found.refused') },
  locks: ({ locks }) => presence(locks),
  'service-worker': ({ serviceWorker }) => presence(serviceWorker),
};

function presence(isPresent: boolean): { state: 'present' | 'absent'; found: string } {
  const state = isPresent ? 'present' : 'absent';
  return { state, found: translate(`found.${state}`) };
}

function yesOrNo(isTrue: boolean): { state: 'yes' | 'no'; found: string } {
  const state = isTrue ? 'yes' : 'no';
  return { state, found: translate(`found.${state}`) };
}

function notTold(): { state: 'not-told'; found: string } {
  return { state: 'not-told', found: translate('found.notTold') };
}

/** One capability in words. */
export interface CapabilityRow<C extends CapabilityId = CapabilityId> {
  readonly id: C;
  readonly state: CapabilityStates[C];
  readonly name: string;
  readonly found: string;
  readonly meaning: string;
}

/** All capabilities of a device, in groups with a title each, in the current language. */
export function capabilityGroups(
  device: DeviceExamination,
): readonly { readonly title: string; readonly rows: readonly CapabilityRow[] }[] {
  const row = <C extends CapabilityId>(id: C): CapabilityRow<C> => {
    const { state, found } = FINDINGS[id](device);
    return { id, state, found, ...capabilityText(id, state) };
  };
  return GROUPS.map(([name, ids]) => ({ title: translate(`deviceGroup.${name}`), rows: ids.map(row) }));
}

/** The names and figures of the GPU as the browser gives them, a line each. */
export function rawLines({ limits, features }: DeviceExamination): string[] {
  return [
    ...Object.entries(limits).map(([name, limit]) => `${name}: ${limit}`),
    translate('deviceFeatures', features.join(', ') || translate('found.none')),
  ];
}

/** Everything as plain text, for people and for reports of bugs. */
export function deviceText(device: DeviceExamination): string {
  const groups = capabilityGroups(device).map(({ title, rows }) =>
    [title, ...rows.map(({ name, found, meaning }) => `  ${name}: ${found}\n      ${meaning}`)].join('\n'),
  );
  const raw = rawLines(device).map((line) => `  ${line}`);
  return [
    `Emulsion ${device.version}: ${translate('deviceAbout')}`,
    ...groups,
    [translate('deviceRaw'), ...raw].join('\n'),
    device.browser.userAgent,
  ].join('\n\n');
}
