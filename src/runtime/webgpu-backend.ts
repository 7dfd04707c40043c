/**
 * @file The GPU backend: ONNX Runtime's native WebGPU provider and our kernels on one device of ours. Every
 * tensor is a buffer of its own, padded to 16 bytes and checked against its shape, because ONNX Runtime reads
 * zeros beyond a buffer that is too small.
 */
import type { Template } from '../architecture/templates/template.ts';
import { AppError } from '../error.ts';
import {
  adapterName,
  isSoftwareAdapter,
  openDevice,
  requestAdapter,
  type WatchedDevice,
} from '../gpu/device.ts';
import { Kernels } from '../gpu/kernels.ts';
import { Ledger } from '../gpu/ledger.ts';
import {
  elementCount,
  requireBytes,
  type Backend,
  type GpuMemory,
  type GroupNormOptions,
  type Tensor,
} from './backend.ts';
import {
  loadOnnxRuntime,
  NO_CPU_FALLBACK,
  Sessions,
  type OnnxRuntime,
  type OrtTensor,
} from './onnxruntime.ts';

interface DeviceStorage {
  readonly buffer: GPUBuffer;
  /** Bytes of values, without the padding. */
  readonly bytes: number;
  readonly type: 'float32' | 'int32';
}
type DeviceTensor = Tensor<DeviceStorage>;

const ALIGNMENT = 16;

/** Opens the GPU. Throws `gpu/unavailable`, or `runtime/start-failed`. */
export async function createWebGpuBackend(): Promise<WebGpuBackend> {
  const found = await requestAdapter();
  if (!found.adapter) throw new AppError('gpu/unavailable', { reason: found.reason });
  const runtime = await loadOnnxRuntime('webgpu', 1);
  const name = adapterName(found.adapter);
  const adapter = isSoftwareAdapter(found.adapter) ? `${name} (software)` : name;
  return new WebGpuBackend(runtime, await openDevice(found.adapter), adapter);
}

export class WebGpuBackend implements Backend<DeviceStorage> {
  readonly kind = 'webgpu';
  readonly adapter: string;
  readonly #runtime: OnnxRuntime;
  readonly #watched: WatchedDevice;
  readonly #device: GPUDevice;
  readonly #ledger: Ledger;
  readonly #kernels: Kernels;
  readonly #sessions: Sessions;

  constructor(runtime: OnnxRuntime, watched: WatchedDevice, adapter: string) {
    this.adapter = adapter;
    this.#runtime = runtime;
    this.#watched = watched;
    this.#device = watched.device;
    this.#ledger = new Ledger(this.#device);
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

  upload(data: Float32Array | Int32Array, shape: readonly number[]): DeviceTensor {
    const buffer = this.#buffer(
      data.byteLength,
      GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    );
    this.#device.queue.writeBuffer(buffer, 0, data.buffer, data.byteOffset, data.byteLength);
    return {
      shape,
      storage: { buffer, bytes: data.byteLength, type: data instanceof Int32Array ? 'int32' : 'float32' },
    };
  }

  expand(weights: Uint16Array, shape: readonly number[], transposed: boolean): DeviceTensor {
    this.#watched.check();
    const words = evenLength(weights);
    const packed = this.#buffer(words.byteLength, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST);
    this.#device.queue.writeBuffer(packed, 0, words.buffer, words.byteOffset, words.byteLength);
    this.#ledger.uploaded(weights.byteLength);
    const [rows = 0, columns = 0] = shape;
    const output = this.#allocate(transposed ? [columns, rows] : shape);
    if (transposed) this.#kernels.expandTransposed(packed, output.storage.buffer, rows, columns);
    else this.#kernels.expand(packed, output.storage.buffer, weights.length);
    packed.destroy();
    return output;
  }

  async run(
    template: Template,
    inputs: Readonly<Record<string, DeviceTensor>>,
    outputShape: readonly number[],
  ): Promise<DeviceTensor> {
    this.#watched.check();
    const output = this.#allocate(outputShape);
    try {
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

  groupNorm(
    x: DeviceTensor,
    weight: DeviceTensor,
    bias: DeviceTensor,
    options: GroupNormOptions,
  ): DeviceTensor {
    this.#watched.check();
    const batch = x.shape[0] ?? 1;
    const channels = x.shape.at(-1) ?? 1;
    const pixels = elementCount(x.shape) / (batch * channels);
    const y = this.#allocate(x.shape);
    const [source, scale, shift, target] = [x, weight, bias, y].map((tensor) => this.#checked(tensor)) as [
      GPUBuffer,
      GPUBuffer,
      GPUBuffer,
      GPUBuffer,
    ];
    this.#kernels.groupNorm(source, scale, shift, target, { batch, pixels, channels, ...options });
    return y;
  }

  async countNonFinite(x: DeviceTensor): Promise<number> {
    const total = this.upload(new Int32Array(1), [1]);
    this.#kernels.countNonFinite(this.#checked(x), total.storage.buffer, elementCount(x.shape));
    const bytes = await this.#read(total.storage.buffer, 4);
    this.free(total);
    return new Uint32Array(bytes)[0] ?? 0;
  }

  /** The tensor rounded to bfloat16 on the GPU, as 16-bit patterns. */
  async pack(x: DeviceTensor): Promise<Uint16Array> {
    const count = elementCount(x.shape);
    const packed = this.#buffer(count * 2, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC);
    this.#kernels.pack(this.#checked(x), packed, count);
    const bytes = await this.#read(packed, Math.ceil(count / 2) * 4);
    packed.destroy();
    return new Uint16Array(bytes, 0, count);
  }

  async download(x: DeviceTensor): Promise<Float32Array> {
    return new Float32Array(await this.#read(this.#checked(x), elementCount(x.shape) * 4));
  }

  free(x: DeviceTensor): void {
    x.storage.buffer.destroy();
  }

  async settle(): Promise<void> {
    await this.#device.queue.onSubmittedWorkDone();
    this.#watched.check();
  }

  memory(): GpuMemory {
    const { liveBytes, peakBytes, uploadedBytes } = this.#ledger;
    return { liveBytes, peakBytes, uploadedBytes };
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

  #allocate(shape: readonly number[]): DeviceTensor {
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const bytes = elementCount(shape) * 4;
    return { shape, storage: { buffer: this.#buffer(bytes, usage), bytes, type: 'float32' } };
  }

  #buffer(bytes: number, usage: GPUBufferUsageFlags): GPUBuffer {
    const size = Math.max(ALIGNMENT, Math.ceil(bytes / ALIGNMENT) * ALIGNMENT);
    const limit = Math.min(
      this.#device.limits.maxBufferSize,
      this.#device.limits.maxStorageBufferBindingSize,
    );
    if (size > limit) throw new AppError('gpu/limit', { what: 'tensor', needed: size, limit });
    return this.#device.createBuffer({ size, usage });
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
    const size = Math.ceil(bytes / 4) * 4;
    const staging = this.#device.createBuffer({
      size,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
    try {
      const encoder = this.#device.createCommandEncoder();
      encoder.copyBufferToBuffer(buffer, 0, staging, 0, size);
      this.#device.queue.submit([encoder.finish()]);
      await staging.mapAsync(GPUMapMode.READ);
      this.#watched.check();
      return staging.getMappedRange().slice(0);
    } catch (error) {
      this.#watched.check();
      throw new AppError(
        'gpu/device-lost',
        { reason: error instanceof Error ? error.message : String(error) },
        error,
      );
    } finally {
      staging.destroy();
    }
  }
}

/** The values with one more at the end where their number is odd: WebGPU copies whole 32-bit words. */
function evenLength(values: Uint16Array): Uint16Array {
  if (values.length % 2 === 0) return values;
  const even = new Uint16Array(values.length + 1);
  even.set(values);
  return even;
}
