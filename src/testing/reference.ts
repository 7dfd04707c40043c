/** @file For tests: reference tensors made with diffusers, and how far ours are from them. */
import type { Backend } from '../runtime/backend.ts';
import { createWasmBackend } from '../runtime/wasm-backend.ts';
import { createWebGpuBackend } from '../runtime/webgpu-backend.ts';
import { parseF32Safetensors, type F32Tensor } from '../weights/safetensors.ts';

export const FIXTURES = new URL('/e2e/fixtures/', globalThis.location.href).href;

/** Both backends, for `describe.each`. */
export const BACKENDS: readonly (readonly [string, () => Promise<Backend>])[] = [
  ['wasm', createWasmBackend],
  ['webgpu', createWebGpuBackend],
];

/** Tags of a test whose code both backends share: software WebGPU takes its time for it. */
export function slowOnWebgpu(backend: string): string[] {
  return backend === 'webgpu' ? ['slow'] : [];
}

/** The float tensors of a `.safetensors` file under the fixtures; a name that is not there is a test failure. */
export async function loadReference(path: string): Promise<(name: string) => F32Tensor> {
  const response = await fetch(FIXTURES + path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  const tensors = parseF32Safetensors(new Uint8Array(await response.arrayBuffer()), path);
  return (name) => {
    const tensor = tensors.get(name);
    if (!tensor) throw new Error(`${path} has no tensor ${name}`);
    return tensor;
  };
}
