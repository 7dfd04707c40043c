/** @file Chooses and keeps the backend: opened once, replaced when its device is lost. */
import { requestAdapter } from '../gpu/device.ts';
import type { Backend } from '../runtime/backend.ts';
import { createWasmBackend } from '../runtime/wasm-backend.ts';
import { createWebGpuBackend } from '../runtime/webgpu-backend.ts';
import type { Budgets } from './memory.ts';
import { automaticKind, defaultBudgets, largestTensor } from './probe.ts';
import type { BackendChoice, BackendKind, GenerateRequest } from './protocol/generate.ts';

/** Backends in use, at most one of each kind. */
export class Backends {
  readonly #open = new Map<BackendKind, Backend>();

  /** The backend for a choice. */
  async use(choice: BackendChoice): Promise<Backend> {
    const kind = await backendKind(choice);
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

/** What a choice comes to on this machine; opens no GPU. */
export async function backendKind(choice: BackendChoice): Promise<BackendKind> {
  return choice === 'auto' ? automaticKind((await requestAdapter()).adapter) : choice;
}

/** What a request may use, by its own word or by the rule for this machine. */
export async function resolveBudgets(
  kind: BackendKind,
  request: Pick<GenerateRequest, 'gpuBudgetBytes' | 'ramBudgetBytes'>,
): Promise<Budgets> {
  const { adapter } = await requestAdapter();
  const rule = defaultBudgets(adapter);
  return {
    gpuBytes: kind === 'wasm' ? null : (request.gpuBudgetBytes ?? rule.gpu?.bytes ?? null),
    ramBytes: request.ramBudgetBytes ?? rule.ram.bytes,
    largestBytes: kind === 'wasm' || !adapter ? Infinity : largestTensor(adapter),
  };
}
