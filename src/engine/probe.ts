/** @file What this browser and its GPU offer: at once what painting begins with, and on demand all the rest. */
import { defaultGpuBudget, defaultRamBudget, type Budget } from '../gpu/budget.ts';
import type { GpuBudgetRule, RamBudgetRule } from '../gpu/budget.ts';
import { adapterLimits, adapterName, isSoftwareAdapter, requestAdapter } from '../gpu/device.ts';
import { NO_SUBGROUPS, testSubgroups, type SubgroupTest } from '../gpu/subgroups.ts';
import { hasJspi } from '../runtime/jspi.ts';
import { hasWasmSimd } from '../runtime/wasm-simd.ts';
import { threadCount } from '../runtime/wasm-backend.ts';
import { browserEntries } from '../store/entries.ts';
import { storageReport } from '../store/storage.ts';
import { version } from '../../package.json';
import { readBrowserName, type BrowserNavigator } from './browser-name.ts';
import type { DeviceExamination, DeviceReport, PageFacts } from './device-report.ts';
import type { BackendKind } from './protocol/generate.ts';
import { wholePictureSide } from './whole-picture.ts';

const GIB = 1024 ** 3;

/** What workers have, or may have: the types of this project are a page's. */
interface WorkerNavigator extends BrowserNavigator {
  /** GiB; Chromium alone tells it. */
  readonly deviceMemory?: number;
  /** Absent where the page is no secure context. */
  readonly locks?: LockManager;
}

const workerNavigator = (): WorkerNavigator => navigator;

/** What `auto` picks. WebGPU only on a hardware adapter: software is far slower than WASM. */
export function automaticKind(adapter: GPUAdapter | null): BackendKind {
  return adapter && !isSoftwareAdapter(adapter) ? 'webgpu' : 'wasm';
}

/** What may be used where a request does not say. */
export function defaultBudgets(adapter: GPUAdapter | null): {
  readonly gpu: Budget<GpuBudgetRule> | null;
  readonly ram: Budget<RamBudgetRule>;
} {
  const { deviceMemory } = workerNavigator();
  return {
    gpu:
      adapter &&
      defaultGpuBudget({
        software: isSoftwareAdapter(adapter),
        vendor: adapter.info.vendor,
        architecture: adapter.info.architecture,
        maxBufferBytes: adapter.limits.maxBufferSize,
        deviceMemory,
      }),
    ram: defaultRamBudget(deviceMemory),
  };
}

/** What is known without opening the GPU. */
export async function probeDevice(): Promise<DeviceReport> {
  return reportOf(await requestAdapter());
}

function reportOf(found: Awaited<ReturnType<typeof requestAdapter>>): DeviceReport {
  const { adapter } = found;
  const { gpu, ram } = defaultBudgets(adapter);
  return {
    webgpu: adapter !== null,
    reason: adapter ? null : found.reason,
    adapter: adapter && {
      name: adapterName(adapter),
      vendor: adapter.info.vendor,
      architecture: adapter.info.architecture,
      device: adapter.info.device,
      description: adapter.info.description,
    },
    software: adapter ? isSoftwareAdapter(adapter) : false,
    features: adapter ? [...adapter.features].sort() : [],
    limits: adapter ? adapterLimits(adapter.limits) : {},
    jspi: hasJspi(),
    crossOriginIsolated: globalThis.crossOriginIsolated,
    threads: threadCount(),
    defaultGpuBudgetBytes: gpu && gpu.bytes,
    defaultRamBudgetBytes: ram.bytes,
    backend: automaticKind(adapter),
  };
}

/** Opens a GPU device, so it is done once, unless it could not be. */
let subgroupTest: Promise<SubgroupTest> | undefined;

/** All that can be found out. */
export async function examineDevice(page: PageFacts): Promise<DeviceExamination> {
  const found = await requestAdapter();
  const { adapter } = found;
  const report = reportOf(found);
  const { gpu, ram } = defaultBudgets(adapter);
  const largestTensorBytes = adapter && largestTensor(adapter);
  const { deviceMemory, locks } = workerNavigator();
  const [browser, indexedDb, storage, subgroups] = await Promise.all([
    readBrowserName(workerNavigator()),
    opensDatabase(),
    storageReport(),
    adapter ? (subgroupTest ??= testSubgroups(adapter)) : NO_SUBGROUPS,
  ]);
  if (subgroups.result === 'failed') subgroupTest = undefined;
  return {
    ...report,
    ...page,
    version,
    browser,
    secureContext: globalThis.isSecureContext,
    webgpuInterface: 'gpu' in navigator,
    subgroups,
    sharedArrayBuffer: 'SharedArrayBuffer' in globalThis,
    wasmSimd: hasWasmSimd(),
    memoryBytes: deviceMemory === undefined ? null : deviceMemory * GIB,
    defaultGpuBudgetRule: gpu && gpu.rule,
    defaultRamBudgetRule: ram.rule,
    largestTensorBytes,
    wholePictureSide: wholePictureSide(
      report.backend === 'webgpu' && gpu && largestTensorBytes !== null
        ? { gpuBytes: gpu.bytes, largestBytes: largestTensorBytes }
        : undefined,
    ),
    indexedDb,
    locks: locks !== undefined,
    storage: {
      usedBytes: storage.usedBytes ?? null,
      availableBytes: storage.availableBytes ?? null,
      persisted: storage.persisted ?? null,
    },
  };
}

/** The largest tensor an adapter takes, in bytes. */
export function largestTensor({ limits }: GPUAdapter): number {
  return Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);
}

/** Whether the store's own database can be had. */
function opensDatabase(): Promise<boolean> {
  return browserEntries()
    .get(['model', ''])
    .then(
      () => true,
      () => false,
    );
}
