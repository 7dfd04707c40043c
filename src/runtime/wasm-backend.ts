/** @file The CPU backend: ONNX Runtime's WASM build, tensors in JavaScript memory. */
import type { Template } from '../architecture/templates/template.ts';
import { f32FromBf16 } from '../weights/bf16.ts';
import type { NarrowFormat } from '../gpu/kernels.ts';
import { Spares } from '../gpu/spares.ts';
import {
  elementCount,
  requireAddable,
  requireBytes,
  type Backend,
  type GroupNormOptions,
  type Packed,
  type Survey,
  type Tensor,
  type WeightLayout,
} from './backend.ts';
import { HostExpander } from './host-expander.ts';
import { groupNormOnHost, roundOnHost } from './host-kernels.ts';
import { loadOnnxRuntime, Sessions, type OnnxRuntime } from './onnxruntime.ts';
import { noteOnHost, type ValueSummary } from './value-summary.ts';

type Host = Float32Array | Int32Array;
type HostTensor = Tensor<Host>;
type HostWeights = Packed<readonly Uint16Array[]>;

/** Threads the browser lets us use: more than one needs a cross-origin isolated page. */
export function threadCount(): number {
  return globalThis.crossOriginIsolated ? Math.min(8, navigator.hardwareConcurrency) : 1;
}

export async function createWasmBackend(): Promise<Backend> {
  return new WasmBackend(await loadOnnxRuntime('wasm', threadCount()));
}

class WasmBackend implements Backend<Host, readonly Uint16Array[]> {
  readonly kind = 'wasm';
  readonly adapter: string;
  readonly #runtime: OnnxRuntime;
  readonly #sessions: Sessions;
  readonly #expander = new HostExpander();
  readonly #spares = new Spares<Float32Array<ArrayBuffer>>();
  /** Memory that holds widened weights in use. */
  readonly #widened = new WeakSet<Host>();

  constructor(runtime: OnnxRuntime) {
    const threads = threadCount();
    this.adapter = `CPU, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
    this.#runtime = runtime;
    this.#sessions = new Sessions(runtime.ort, { executionProviders: ['wasm'] });
  }

  upload(data: Host, shape: readonly number[]): Promise<HostTensor> {
    return Promise.resolve({ shape, storage: data.slice() });
  }

  store(weights: readonly Uint16Array[]): Promise<HostWeights> {
    const bytes = weights.reduce((sum, { byteLength }) => sum + byteLength, 0);
    return Promise.resolve({ bytes, storage: weights });
  }

  storeAhead(weights: readonly Uint16Array[]): Promise<HostWeights> {
    return this.store(weights);
  }

  widen(weights: HostWeights, layouts: readonly WeightLayout[]): Promise<HostTensor[]> {
    layouts.forEach(requireAddable);
    // What cannot be used again would only lie beside what has to be made.
    const spares = this.#spares.takeOnly(weights.storage.map(({ length }) => length));
    const tensors = layouts.map(({ shape, transposed, added }, i) => {
      const values = weights.storage[i] ?? new Uint16Array();
      const output = spares[i] ?? new Float32Array(values.length);
      this.#widened.add(output);
      if (!transposed) return { shape, storage: f32FromBf16(values, output) };
      const [rows = 0, columns = 0] = shape;
      const storage = this.#expander.transposed(values, [rows, columns], added, output);
      return { shape: [columns, rows], storage };
    });
    return Promise.resolve(tensors);
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

  async groupNorm(
    x: HostTensor,
    weight: HostTensor,
    bias: HostTensor,
    options: GroupNormOptions,
  ): Promise<HostTensor> {
    requireBytes(x.shape, x.storage.byteLength);
    const batch = x.shape[0] ?? 1;
    const channels = x.shape.at(-1) ?? 1;
    const size = { batch, channels, pixels: elementCount(x.shape) / (batch * channels) };
    const [values, scale, shift] = [x, weight, bias].map(({ storage }) => storage as Float32Array) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    return Promise.resolve({ shape: x.shape, storage: groupNormOnHost(values, scale, shift, size, options) });
  }

  round(x: HostTensor, format: NarrowFormat): void {
    roundOnHost(x.storage as Float32Array, format);
  }

  survey(): Promise<Survey<Host>> {
    const summaries: ValueSummary[] = [];
    return Promise.resolve({
      note: ({ storage }) => void summaries.push(noteOnHost(storage as Float32Array)),
      read: () => Promise.resolve(summaries),
      release: () => undefined,
    });
  }

  download(x: HostTensor): Promise<Float32Array> {
    return Promise.resolve(x.storage as Float32Array);
  }

  /** Widened weights are kept for the next stage's of their size; the garbage collector owns everything else. */
  free({ storage }: HostTensor): void {
    if (this.#widened.delete(storage)) this.#spares.put(storage as Float32Array<ArrayBuffer>, storage.length);
  }

  drop(): void {
    // Stored weights are the caller's own memory.
  }

  settle(): Promise<void> {
    return Promise.resolve();
  }

  limitMemory(): Promise<void> {
    return Promise.resolve();
  }

  sweep(): void {
    this.#spares.sweep(1);
  }

  trim(): Promise<void> {
    this.#spares.sweep(0);
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
