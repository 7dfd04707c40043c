/** @file For tests: a WebGPU backend whose device is at hand, and values to compute with. */
import { openDevice, requestAdapter } from '../gpu/device.ts';
import type { Backend, Tensor } from './backend.ts';
import { loadOnnxRuntime } from './onnxruntime.ts';
import { WebGpuBackend } from './webgpu-backend.ts';

/** A backend on a device of its own. */
export async function openWebGpu() {
  const { adapter } = await requestAdapter();
  if (!adapter) throw new Error('the test browser has no WebGPU');
  const { ort } = await loadOnnxRuntime('webgpu', 1);
  const watched = await openDevice(adapter);
  const backend = new WebGpuBackend(await loadOnnxRuntime('webgpu', 1), watched, 'test');
  return { backend, device: watched.device, ort };
}

/** Weights sent and widened, as a stream does it. */
export async function expand<S, P>(
  backend: Backend<S, P>,
  weights: Uint16Array,
  shape: readonly number[],
  transposed: boolean,
): Promise<Tensor<S>> {
  const packed = await backend.store([weights]);
  const [tensor] = await backend.widen(packed, [{ shape, transposed }]);
  backend.drop(packed);
  return tensor as Tensor<S>;
}

/** Values in −1…1, the same every time. */
export function someValues(count: number, seed = 1): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (2 * state) / 2 ** 32 - 1;
  });
}

/** The largest difference between two arrays; infinite when their lengths differ. */
export function largestDifference(actual: Float32Array, expected: Float32Array): number {
  if (actual.length !== expected.length) return Infinity;
  return expected.reduce((largest, value, i) => Math.max(largest, Math.abs((actual[i] ?? NaN) - value)), 0);
}
