/**
 * @file The GPU backend: ONNX Runtime's native WebGPU provider and our kernels on one device of ours. Every
 * tensor is a buffer of its own, padded to 16 bytes and checked against its shape, because ONNX Runtime reads
 * zeros beyond a buffer that is too small.
 */
import type { Template } from '../architecture/templates/template.ts';
import { AppError, isAppError } from '../error.ts';
import {
  adapterName,
  isSoftwareAdapter,
  openDevice,
  requestAdapter,
  type WatchedDevice,
} from '../gpu/device.ts';
import { Allocator } from '../gpu/allocator.ts';
import { Kernels, type NarrowFormat, type PackedLowRank } from '../gpu/kernels.ts';
import { Ledger, type MemoryKind } from '../gpu/ledger.ts';
import { StagingRing } from '../gpu/staging-ring.ts';
import {
  elementCount,
  requireAddable,
  requireBytes,
  type Backend,
  type GpuMemory,
  type GroupNormOptions,
  type MemoryLimits,
  type Packed,
  type Survey,
  type Tensor,
  type WeightLayout,
} from './backend.ts';
import {
  loadOnnxRuntime,
  NO_CPU_FALLBACK,
  Sessions,
  type OnnxRuntime,
  type OrtTensor,
} from './onnxruntime.ts';
import { summaryFromWords } from './value-summary.ts';

interface DeviceStorage {
  readonly buffer: GPUBuffer;
  /** Bytes of values, without the padding. */
  readonly bytes: number;
  readonly type: 'float32' | 'int32';
}
type DeviceTensor = Tensor<DeviceStorage>;

/** One buffer and where in it each tensor lies. */
interface DevicePacked {
  readonly buffer: GPUBuffer;
  readonly places: readonly { readonly offset: number; readonly bytes: number }[];
}
type DeviceWeights = Packed<DevicePacked>;

/** What is on its way shares its memory among so many buffers, written and copied in turn. */
const STAGING_CHUNKS = 4;
/** What a buffer is read back in. */
const WORD_BYTES = 4;

/** Opens the GPU. Throws `gpu/unavailable`, or `runtime/start-failed`. */
export async function createWebGpuBackend(): Promise<WebGpuBackend> {
  const found = await requestAdapter();
  if (!found.adapter) throw new AppError('gpu/unavailable', { reason: found.reason });
  const runtime = await loadOnnxRuntime('webgpu', 1);
  const name = adapterName(found.adapter);
  const adapter = isSoftwareAdapter(found.adapter) ? `${name} (software)` : name;
  return new WebGpuBackend(runtime, await openDevice(found.adapter), adapter);
}

export class WebGpuBackend implements Backend<DeviceStorage, DevicePacked> {
  readonly kind = 'webgpu';
  readonly adapter: string;
  readonly #runtime: OnnxRuntime;
  readonly #watched: WatchedDevice;
  readonly #device: GPUDevice;
  readonly #ledger: Ledger;
  readonly #allocator: Allocator;
  readonly #staging: StagingRing;
  readonly #kernels: Kernels;
  readonly #sessions: Sessions;

  constructor(runtime: OnnxRuntime, watched: WatchedDevice, adapter: string) {
    this.adapter = adapter;
    this.#runtime = runtime;
    this.#watched = watched;
    this.#device = watched.device;
    this.#ledger = new Ledger(this.#device);
    this.#allocator = new Allocator(this.#device, this.#ledger);
    this.#staging = new StagingRing(this.#device, this.#ledger, this.#allocator);
    this.#kernels = new Kernels(this.#device);
    this.#sessions = new Sessions(runtime.ort, {
      executionProviders: [
        {
          name: 'webgpu',
          device: this.#device,
          preferredLayout: 'NHWC',
          storageBufferCacheMode: 'lazyRelease',
          uniformBufferCacheMode: 'lazyRelease',
        },
      ],
      preferredOutputLocation: 'gpu-buffer',
      extra: NO_CPU_FALLBACK,
    });
  }

  async upload(data: Float32Array | Int32Array, shape: readonly number[]): Promise<DeviceTensor> {
    this.#watched.check();
    const { places, bytes } = this.#arrange([data]);
    const buffer = await this.#allocator.allocate(bytes, 'activations');
    await this.#send(buffer, places, [data]);
    return { shape, storage: { buffer, bytes, type: data instanceof Int32Array ? 'int32' : 'float32' } };
  }

  async store(weights: readonly (Uint16Array | Float32Array)[]): Promise<DeviceWeights> {
    this.#watched.check();
    const { places, bytes } = this.#arrange(weights);
    return this.#fill(await this.#allocator.allocate(bytes, 'weights'), places, weights);
  }

  async storeAhead(weights: readonly Uint16Array[], workBytes: number): Promise<DeviceWeights | undefined> {
    this.#watched.check();
    const { places, bytes } = this.#arrange(weights);
    const buffer = await this.#allocator.allocateAhead(bytes, 'weights', workBytes);
    return buffer && this.#fill(buffer, places, weights);
  }

  async widen(weights: DeviceWeights, layouts: readonly WeightLayout[]): Promise<DeviceTensor[]> {
    this.#watched.check();
    const { buffer, places } = weights.storage;
    layouts.forEach(requireAddable);
    const factors = await this.#sendFactors(layouts);
    const tensors: DeviceTensor[] = [];
    try {
      for (const { shape, transposed } of layouts)
        tensors.push(await this.#allocate(transposed ? shape.toReversed() : shape, 'expanded'));
    } catch (error) {
      for (const tensor of tensors) this.free(tensor);
      factors?.release();
      throw error;
    }
    this.#kernels.expand(
      tensors.map(({ storage }, i) => {
        const { offset = 0, bytes = 0 } = places[i] ?? {};
        const { shape: [rows = 0, columns = 0] = [], transposed = false } = layouts[i] ?? {};
        const matrix = transposed ? ([rows, columns] as const) : undefined;
        const added = factors?.places[i];
        return { packed: buffer, offset, count: bytes / 2, values: storage.buffer, matrix, added };
      }),
    );
    factors?.release();
    return tensors;
  }

  async run(
    template: Template,
    inputs: Readonly<Record<string, DeviceTensor>>,
    outputShape: readonly number[],
    scratchBytes = 0,
  ): Promise<DeviceTensor> {
    this.#watched.check();
    const output = await this.#allocate(outputShape, 'activations');
    try {
      await this.#allocator.room(scratchBytes);
      const feeds = Object.fromEntries(
        Object.entries(inputs).map(([name, tensor]) => [name, this.#bind(tensor)]),
      );
      await this.#sessions.run(template, feeds, { [template.output]: this.#bind(output) });
      this.#watched.check();
      return output;
    } catch (error) {
      this.free(output);
      // A lost device makes the run fail with some other words; say what really happened.
      await Promise.resolve();
      this.#watched.check();
      throw error;
    }
  }

  async groupNorm(
    x: DeviceTensor,
    weight: DeviceTensor,
    bias: DeviceTensor,
    options: GroupNormOptions,
    scratchBytes = 0,
  ): Promise<DeviceTensor> {
    this.#watched.check();
    const batch = x.shape[0] ?? 1;
    const channels = x.shape.at(-1) ?? 1;
    const pixels = elementCount(x.shape) / (batch * channels);
    const y = await this.#allocate(x.shape, 'activations');
    try {
      const [source, scale, shift, target] = [x, weight, bias, y].map((tensor) => this.#checked(tensor)) as [
        GPUBuffer,
        GPUBuffer,
        GPUBuffer,
        GPUBuffer,
      ];
      await this.#allocator.room(scratchBytes);
      this.#kernels.groupNorm(source, scale, shift, target, { batch, pixels, channels, ...options });
      return y;
    } catch (error) {
      this.free(y);
      throw error;
    }
  }

  round(x: DeviceTensor, format: NarrowFormat): void {
    this.#watched.check();
    this.#kernels.round(this.#checked(x), elementCount(x.shape), format);
  }

  async survey(tensors: number): Promise<Survey<DeviceStorage>> {
    const stride = this.#device.limits.minStorageBufferOffsetAlignment;
    const summaries = await this.upload(new Int32Array((tensors * stride) / WORD_BYTES), [tensors]);
    const counts: number[] = [];
    return {
      note: (x) => {
        this.#watched.check();
        const source = this.#checked(x);
        const offset = counts.push(elementCount(x.shape)) * stride - stride;
        this.#kernels.summarise(source, elementCount(x.shape), summaries.storage.buffer, offset);
      },
      read: async () => {
        const bytes = await this.#read(summaries.storage.buffer, counts.length * stride);
        return counts.map((count, i) => summaryFromWords(new Uint32Array(bytes, i * stride, 3), count));
      },
      release: () => this.free(summaries),
    };
  }

  async download(x: DeviceTensor): Promise<Float32Array> {
    return new Float32Array(await this.#read(this.#checked(x), elementCount(x.shape) * 4));
  }

  free(x: DeviceTensor): void {
    this.#allocator.release(x.storage.buffer);
  }

  drop(weights: DeviceWeights): void {
    this.#allocator.release(weights.storage.buffer);
  }

  async settle(): Promise<void> {
    await this.#device.queue.onSubmittedWorkDone();
    this.#watched.check();
  }

  async limitMemory({ budgetBytes, stagingBytes }: MemoryLimits): Promise<void> {
    this.#allocator.budgetBytes = budgetBytes;
    await this.#staging.resize(stagingBytes / STAGING_CHUNKS, STAGING_CHUNKS);
  }

  sweep(): void {
    this.#allocator.sweep(1);
  }

  async trim(): Promise<void> {
    await this.settle();
    await this.#staging.close();
    this.#allocator.sweep(0);
    await this.#ledger.departed();
  }

  memory(): GpuMemory {
    const { liveBytes, live, peakBytes, peak, uploadedBytes } = this.#ledger;
    return { liveBytes, live, peakBytes, peak, uploadedBytes };
  }

  resetMemory(): void {
    this.#ledger.reset();
  }

  heapBytes(): number {
    return this.#runtime.heapBytes();
  }

  async dispose(): Promise<void> {
    await this.#sessions.release();
    this.#device.destroy();
  }

  /** Sends what is to be added to weights, all in one buffer; `undefined` where there is nothing. */
  async #sendFactors(layouts: readonly WeightLayout[]) {
    const added = layouts.flatMap((layout) => layout.added ?? []);
    if (added.length === 0) return undefined;
    const sent = await this.store(added.flatMap(({ up, down }) => [up, down]));
    const { buffer, places } = sent.storage;
    const starts = places.map(({ offset }) => offset);
    const packed = layouts.map((layout): PackedLowRank | undefined => {
      if (!layout.added) return undefined;
      const [up = 0, down = 0] = starts.splice(0, 2);
      return { buffer, rank: layout.added.rank, up, down };
    });
    return { places: packed, release: () => this.drop(sent) };
  }

  async #allocate(shape: readonly number[], kind: MemoryKind): Promise<DeviceTensor> {
    const bytes = elementCount(shape) * 4;
    return {
      shape,
      storage: { buffer: await this.#allocator.allocate(bytes, kind), bytes, type: 'float32' },
    };
  }

  /** Where tensors lie in one buffer: each starts where a kernel may bind it. */
  #arrange(weights: readonly ArrayBufferView[]): { places: DevicePacked['places']; bytes: number } {
    const alignment = this.#device.limits.minStorageBufferOffsetAlignment;
    let bytes = 0;
    const places = weights.map(({ byteLength }) => {
      const offset = Math.ceil(bytes / alignment) * alignment;
      bytes = offset + byteLength;
      return { offset, bytes: byteLength };
    });
    return { places, bytes };
  }

  async #fill(
    buffer: GPUBuffer,
    places: DevicePacked['places'],
    weights: readonly ArrayBufferView[],
  ): Promise<DeviceWeights> {
    await this.#send(buffer, places, weights);
    const bytes = places.reduce((sum, place) => sum + place.bytes, 0);
    this.#ledger.uploaded(bytes);
    return { bytes, storage: { buffer, places } };
  }

  /** Copies arrays to their places in a buffer, which is given back where that fails. */
  async #send(
    buffer: GPUBuffer,
    places: DevicePacked['places'],
    arrays: readonly ArrayBufferView[],
  ): Promise<void> {
    try {
      await this.#staging.write(
        arrays.map(({ buffer: source, byteOffset, byteLength }, i) => ({
          bytes: new Uint8Array(source, byteOffset, byteLength),
          target: buffer,
          offset: places[i]?.offset ?? 0,
        })),
      );
    } catch (error) {
      this.#allocator.release(buffer);
      this.#watched.check();
      if (isAppError(error)) throw error;
      throw new AppError('gpu/device-lost', { reason: reasonOf(error) }, error);
    }
  }

  /** The tensor's buffer, once it is known to hold all that the shape says. */
  #checked({ shape, storage }: DeviceTensor): GPUBuffer {
    requireBytes(shape, storage.bytes);
    return storage.buffer;
  }

  #bind(tensor: DeviceTensor): OrtTensor {
    const { type } = tensor.storage;
    return this.#runtime.ort.Tensor.fromGpuBuffer(this.#checked(tensor), {
      dataType: type,
      dims: [...tensor.shape],
    });
  }

  async #read(buffer: GPUBuffer, bytes: number): Promise<ArrayBuffer> {
    this.#watched.check();
    const size = Math.ceil(bytes / WORD_BYTES) * WORD_BYTES;
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    const staging = await this.#allocator.make(size, () => this.#ledger.create('readback', { size, usage }));
    try {
      const encoder = this.#device.createCommandEncoder();
      encoder.copyBufferToBuffer(buffer, 0, staging, 0, size);
      this.#device.queue.submit([encoder.finish()]);
      await staging.mapAsync(GPUMapMode.READ);
      this.#watched.check();
      return staging.getMappedRange().slice(0);
    } catch (error) {
      this.#watched.check();
      throw new AppError('gpu/device-lost', { reason: reasonOf(error) }, error);
    } finally {
      staging.destroy();
    }
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
