/** @file Chooses and keeps the backend: opened once, replaced when its device is lost. */
import { defaultGpuBudget, defaultRamBudget } from '../gpu/budget.ts';
import { adapterLimits, adapterName, isSoftwareAdapter, requestAdapter } from '../gpu/device.ts';
import type { Backend } from '../runtime/backend.ts';
import { hasJspi } from '../runtime/jspi.ts';
import { createWasmBackend, threadCount } from '../runtime/wasm-backend.ts';
import { createWebGpuBackend } from '../runtime/webgpu-backend.ts';
import type { Budgets } from './memory.ts';
import type { BackendChoice, BackendKind, DeviceReport, GenerateRequest } from './protocol.ts';

/** Backends in use, at most one of each kind. */
export class Backends {
  readonly #open = new Map<BackendKind, Backend>();

  /** The backend for a choice. `auto` takes WebGPU only on a hardware adapter: software is far slower than WASM. */
  async use(choice: BackendChoice): Promise<Backend> {
    const kind = choice === 'auto' ? await automaticKind() : choice;
    const known = this.#open.get(kind);
    if (known) return known;
    const backend = await (kind === 'webgpu' ? createWebGpuBackend() : createWasmBackend());
    this.#open.set(kind, backend);
    return backend;
  }

  /** Gives back what backends keep for their next use. */
  async trim(): Promise<void> {
    for (const backend of [...this.#open.values()]) {
      // One that cannot is broken, as after the loss of its device.
      await backend.trim().catch(() => this.discard(backend));
    }
  }

  /** Closes a backend that failed, so that the next use opens a fresh one. */
  async discard(backend: Backend): Promise<void> {
    this.#open.delete(backend.kind);
    // It is broken already; how it ends does not matter any more.
    await backend.dispose().catch(() => undefined);
  }
}

/** What a request may use, by its own word or by the rule for this machine. */
export async function resolveBudgets(kind: BackendKind, request: GenerateRequest): Promise<Budgets> {
  const { adapter } = await requestAdapter();
  const rule = defaultBudgets(adapter);
  return {
    gpuBytes: kind === 'wasm' ? null : (request.gpuBudgetBytes ?? rule.gpuBytes),
    ramBytes: request.ramBudgetBytes ?? rule.ramBytes,
    largestBytes:
      kind === 'wasm' || !adapter
        ? Infinity
        : Math.min(adapter.limits.maxBufferSize, adapter.limits.maxStorageBufferBindingSize),
  };
}

function defaultBudgets(adapter: GPUAdapter | null): { gpuBytes: number | null; ramBytes: number } {
  // Chromium alone tells it.
  const { deviceMemory } = navigator as { deviceMemory?: number };
  return {
    gpuBytes:
      adapter &&
      defaultGpuBudget({
        software: isSoftwareAdapter(adapter),
        vendor: adapter.info.vendor,
        architecture: adapter.info.architecture,
        maxBufferBytes: adapter.limits.maxBufferSize,
        deviceMemory,
      }),
    ramBytes: defaultRamBudget(deviceMemory),
  };
}

async function automaticKind(): Promise<BackendKind> {
  const { adapter } = await requestAdapter();
  return adapter && !isSoftwareAdapter(adapter) ? 'webgpu' : 'wasm';
}

/** What this browser and its GPU offer. */
export async function probeDevice(): Promise<DeviceReport> {
  const found = await requestAdapter();
  const { adapter } = found;
  const software = adapter ? isSoftwareAdapter(adapter) : false;
  const budgets = defaultBudgets(adapter);
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
    software,
    features: adapter ? [...adapter.features].sort() : [],
    limits: adapter ? adapterLimits(adapter.limits) : {},
    jspi: hasJspi(),
    crossOriginIsolated: globalThis.crossOriginIsolated,
    threads: threadCount(),
    defaultGpuBudgetBytes: budgets.gpuBytes,
    defaultRamBudgetBytes: budgets.ramBytes,
    backend: adapter && !software ? 'webgpu' : 'wasm',
  };
}
