/** @file Chooses and keeps the backend: opened once, replaced when its device is lost. */
import { adapterLimits, adapterName, isSoftwareAdapter, requestAdapter } from '../gpu/device.ts';
import type { Backend } from '../runtime/backend.ts';
import { hasJspi } from '../runtime/onnxruntime.ts';
import { createWasmBackend, threadCount } from '../runtime/wasm-backend.ts';
import { createWebGpuBackend } from '../runtime/webgpu-backend.ts';
import type { BackendChoice, BackendKind, DeviceReport } from './protocol.ts';

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

  /** Closes a backend that failed, so that the next use opens a fresh one. */
  async discard(backend: Backend): Promise<void> {
    this.#open.delete(backend.kind);
    // It is broken already; how it ends does not matter any more.
    await backend.dispose().catch(() => undefined);
  }
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
    backend: adapter && !software ? 'webgpu' : 'wasm',
  };
}
