/**
 * @file What is found out about a browser and its GPU. Names of fields are a contract: `--probe --json` prints them,
 * `docs/device.md` tells what each means.
 */
import type { GpuBudgetRule, RamBudgetRule } from '../gpu/budget.ts';
import type { SubgroupTest } from '../gpu/subgroups.ts';

/** What is known at once, without opening the GPU. */
export interface DeviceReport {
  /** Whether there is an adapter. */
  readonly webgpu: boolean;
  /** Why WebGPU cannot be used, when it cannot. */
  readonly reason: string | null;
  /** Vendor, architecture and description as the browser tells them; empty strings where it does not. */
  readonly adapter: {
    readonly name: string;
    readonly vendor: string;
    readonly architecture: string;
    readonly device: string;
    readonly description: string;
  } | null;
  /** Whether the adapter computes on the CPU. */
  readonly software: boolean;
  readonly features: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
  readonly jspi: boolean;
  readonly crossOriginIsolated: boolean;
  /** Of the WASM backend. */
  readonly threads: number;
  /** What is used when a request names no budget, by the rule of `docs/memory.md`; `null` without a GPU. */
  readonly defaultGpuBudgetBytes: number | null;
  readonly defaultRamBudgetBytes: number;
  /** What `auto` picks here. */
  readonly backend: 'webgpu' | 'wasm';
}

/** What only a page can see, a worker cannot. */
export interface PageFacts {
  readonly serviceWorker: boolean;
}

/** All of it, for people who want to know; painting never waits for it. */
export interface DeviceExamination extends DeviceReport, PageFacts {
  /** Emulsion's own version. */
  readonly version: string;
  readonly browser: {
    /** `Chromium`, `Firefox`, …; empty where it does not say. */
    readonly name: string;
    readonly version: string;
    readonly platform: string;
    readonly userAgent: string;
  };
  readonly secureContext: boolean;
  /** Whether the browser has WebGPU at all, with or without an adapter. */
  readonly webgpuInterface: boolean;
  readonly subgroups: SubgroupTest;
  readonly sharedArrayBuffer: boolean;
  readonly wasmSimd: boolean;
  /** Memory of the machine as the browser tells it, rounded and capped; `null` where it does not. */
  readonly memoryBytes: number | null;
  readonly defaultGpuBudgetRule: GpuBudgetRule | null;
  readonly defaultRamBudgetRule: RamBudgetRule;
  /** The largest tensor the adapter takes. */
  readonly largestTensorBytes: number | null;
  /** Side of the largest square picture, in pixels, that SDXL's decoder makes in one piece on the backend of `auto`. */
  readonly wholePictureSide: number;
  readonly indexedDb: boolean;
  readonly locks: boolean;
  /** The browser's storage for this site; `null` where it does not tell. */
  readonly storage: {
    readonly usedBytes: number | null;
    readonly availableBytes: number | null;
    readonly persisted: boolean | null;
  };
}

/** Everything that is looked at, and how it may be found; texts and `docs/device.md` tell what follows from each. */
export interface CapabilityStates {
  browser: 'known';
  'secure-context': 'yes' | 'no';
  webgpu: 'hardware' | 'software' | 'no-adapter' | 'absent';
  backend: 'webgpu' | 'wasm';
  'largest-tensor': 'known' | 'none';
  'whole-picture': 'webgpu' | 'wasm';
  'shader-f16': 'present' | 'absent';
  subgroups: SubgroupTest['result'];
  'timestamp-query': 'present' | 'absent';
  jspi: 'present' | 'absent';
  isolation: 'yes' | 'no';
  'shared-memory': 'present' | 'absent';
  'wasm-simd': 'present' | 'absent';
  memory: 'told' | 'not-told';
  'gpu-budget': GpuBudgetRule | 'none';
  'ram-budget': RamBudgetRule;
  storage: 'told' | 'not-told';
  persistence: 'kept' | 'may-go' | 'not-told';
  indexeddb: 'works' | 'refused';
  locks: 'present' | 'absent';
  'service-worker': 'present' | 'absent';
}

export type CapabilityId = keyof CapabilityStates;
