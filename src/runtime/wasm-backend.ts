/** @file The CPU backend: ONNX Runtime's WASM build, tensors in JavaScript memory. */
import type { Template } from '../architecture/templates/template.ts';
import { f32FromBf16 } from '../weights/bf16.ts';
import { elementCount, requireBytes, type Backend, type GroupNormOptions, type Tensor } from './backend.ts';
import { countNonFiniteOnHost, expandTransposedOnHost, groupNormOnHost } from './host-kernels.ts';
import { loadOnnxRuntime, Sessions, type OnnxRuntime } from './onnxruntime.ts';

type Host = Float32Array | Int32Array;
type HostTensor = Tensor<Host>;

/** Threads the browser lets us use: more than one needs a cross-origin isolated page. */
export function threadCount(): number {
  return globalThis.crossOriginIsolated ? Math.min(8, navigator.hardwareConcurrency) : 1;
}

export async function createWasmBackend(): Promise<Backend> {
  return new WasmBackend(await loadOnnxRuntime('wasm', threadCount()));
}

class WasmBackend implements Backend<Host> {
  readonly kind = 'wasm';
  readonly adapter: string;
  readonly #runtime: OnnxRuntime;
  readonly #sessions: Sessions;

  constructor(runtime: OnnxRuntime) {
    const threads = threadCount();
    this.adapter = `CPU, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
    this.#runtime = runtime;
    this.#sessions = new Sessions(runtime.ort, { executionProviders: ['wasm'] });
  }

  upload(data: Host, shape: readonly number[]): HostTensor {
    return { shape, storage: data.slice() };
  }

  expand(weights: Uint16Array, shape: readonly number[], transposed: boolean): HostTensor {
    if (!transposed) return { shape, storage: f32FromBf16(weights) };
    const [rows = 0, columns = 0] = shape;
    return { shape: [columns, rows], storage: expandTransposedOnHost(weights, rows, columns) };
  }

  async run(
    template: Template,
    inputs: Readonly<Record<string, HostTensor>>,
    outputShape: readonly number[],
  ): Promise<HostTensor> {
    const { Tensor: OrtTensor } = this.#runtime.ort;
    const feeds = Object.fromEntries(
      Object.entries(inputs).map(([name, { shape, storage }]) => {
        requireBytes(shape, storage.byteLength);
        return [
          name,
          storage instanceof Int32Array
            ? new OrtTensor('int32', storage, shape)
            : new OrtTensor('float32', storage, shape),
        ];
      }),
    );
    const output = await this.#sessions.run(template, feeds);
    return { shape: outputShape, storage: output.data as Float32Array };
  }

  groupNorm(x: HostTensor, weight: HostTensor, bias: HostTensor, options: GroupNormOptions): HostTensor {
    requireBytes(x.shape, x.storage.byteLength);
    const batch = x.shape[0] ?? 1;
    const channels = x.shape.at(-1) ?? 1;
    const size = { batch, channels, pixels: elementCount(x.shape) / (batch * channels) };
    const [values, scale, shift] = [x, weight, bias].map(({ storage }) => storage as Float32Array) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    return { shape: x.shape, storage: groupNormOnHost(values, scale, shift, size, options) };
  }

  countNonFinite(x: HostTensor): Promise<number> {
    return Promise.resolve(countNonFiniteOnHost(x.storage as Float32Array));
  }

  download(x: HostTensor): Promise<Float32Array> {
    return Promise.resolve(x.storage as Float32Array);
  }

  free(): void {
    // The garbage collector owns host memory.
  }

  settle(): Promise<void> {
    return Promise.resolve();
  }

  memory(): null {
    return null;
  }

  resetMemory(): void {
    // There is no GPU memory to measure.
  }

  heapBytes(): number {
    return this.#runtime.heapBytes();
  }

  dispose(): Promise<void> {
    return this.#sessions.release();
  }
}
