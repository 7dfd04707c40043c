/**
 * @file Our own WGSL kernels on one device: widening bfloat16, rounding, GroupNorm, the finite check. Each
 * call encodes, submits and returns; the queue keeps the order with ONNX Runtime's work. Buffers passed in
 * must be as large as their shapes say.
 */
import expandCode from './kernels/expand.wgsl?raw';
import finiteCode from './kernels/finite.wgsl?raw';
import groupNormCode from './kernels/group-norm.wgsl?raw';
import roundCode from './kernels/round.wgsl?raw';

/** Values a statistics workgroup reads; enough to keep its threads busy, few enough to spread the work. */
const CHUNK_VALUES = 8192;
const THREADS = 256;
const TILE = 16;

/** A format with fewer bits than float32, whose values float32 holds exactly. */
export type NarrowFormat = 'bf16' | 'f16';

export interface GroupNormSize {
  readonly batch: number;
  readonly pixels: number;
  readonly channels: number;
  readonly groups: number;
  readonly eps: number;
  readonly silu: boolean;
}

/** A tensor of bfloat16 pairs, and where it goes; [rows, columns] of a `matrix` become [columns, rows]. */
export interface PackedTensor {
  readonly packed: GPUBuffer;
  /** Where in `packed` it starts, a multiple of the device's `minStorageBufferOffsetAlignment`. */
  readonly offset: number;
  readonly count: number;
  readonly values: GPUBuffer;
  readonly matrix: readonly [rows: number, columns: number] | undefined;
}

interface Step {
  readonly entry: string;
  /** Storage buffers by binding number. */
  readonly buffers: Readonly<Record<number, GPUBufferBinding>>;
  readonly uniform: GPUBuffer;
  readonly workgroups: readonly [number, number?, number?];
}

/** A list of uint32 parameters, with floats as `{float}`. */
type Params = readonly (number | { readonly float: number })[];

export class Kernels {
  readonly #device: GPUDevice;
  readonly #modules = new Map<string, GPUShaderModule>();
  readonly #pipelines = new Map<string, GPUComputePipeline>();
  readonly #shapes = new Map<string, GPUBuffer>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** bfloat16 → float32 for any number of tensors, in one submission. */
  expand(tensors: readonly PackedTensor[]): void {
    const steps = tensors.map(({ packed, offset, count, values, matrix }): Step => {
      const [rows, columns] = matrix ?? [0, 0];
      return {
        entry: matrix ? 'expandTransposed' : 'expand',
        buffers: { 0: { buffer: packed, offset, size: Math.ceil(count / 2) * 4 }, 1: { buffer: values } },
        uniform: this.#shape(count, rows, columns),
        workgroups: matrix
          ? [Math.ceil(columns / TILE), Math.ceil(rows / TILE)]
          : this.#spread(Math.ceil(count / THREADS)),
      };
    });
    this.#submit(expandCode, 2, steps);
  }

  /** The first `count` of the `values`, each to the nearest that `format` holds, in place. */
  round(values: GPUBuffer, count: number, format: NarrowFormat): void {
    const entry = format === 'bf16' ? 'roundToBf16' : 'roundToF16';
    const uniform = this.#shape(count, 0, 0);
    const workgroups = this.#spread(Math.ceil(count / THREADS));
    this.#submit(roundCode, 1, [{ entry, buffers: whole(values), uniform, workgroups }]);
  }

  /** Adds to the uint32 in `total` how many of `count` values are NaN or infinite. */
  countNonFinite(values: GPUBuffer, total: GPUBuffer, count: number): void {
    const uniform = this.#uniform([count]);
    const workgroups = [Math.min(1024, Math.ceil(count / THREADS))] as const;
    this.#submit(finiteCode, 2, [
      { entry: 'countNonFinite', buffers: whole(values, total), uniform, workgroups },
    ]);
    uniform.destroy();
  }

  /** GroupNorm of [batch, pixels, channels]. */
  groupNorm(x: GPUBuffer, weight: GPUBuffer, bias: GPUBuffer, y: GPUBuffer, size: GroupNormSize): void {
    const { batch, pixels, channels, groups } = size;
    const chunkPixels = Math.max(1, Math.floor(CHUNK_VALUES / (channels / groups)));
    const chunks = Math.ceil(pixels / chunkPixels);
    const count = batch * pixels * channels;
    const scratch = (bytes: number): GPUBuffer =>
      this.#device.createBuffer({ size: Math.max(16, bytes), usage: GPUBufferUsage.STORAGE });
    const partials = scratch(batch * groups * chunks * 16);
    const statistics = scratch(batch * groups * 8);
    const uniform = this.#uniform([
      pixels,
      channels,
      groups,
      chunkPixels,
      chunks,
      count,
      { float: size.eps },
      size.silu ? 1 : 0,
    ]);
    const all = whole(x, partials, statistics, weight, bias, y);
    const bind = (...bindings: readonly number[]): Step['buffers'] =>
      Object.fromEntries(bindings.map((binding) => [binding, all[binding] ?? { buffer: x }]));
    this.#submit(groupNormCode, 6, [
      { entry: 'chunkStatistics', buffers: bind(0, 1), uniform, workgroups: [chunks, groups, batch] },
      { entry: 'mergeStatistics', buffers: bind(1, 2), uniform, workgroups: [groups, batch] },
      {
        entry: 'normalise',
        buffers: bind(0, 2, 3, 4, 5),
        uniform,
        workgroups: this.#spread(Math.ceil(count / THREADS)),
      },
    ]);
    for (const buffer of [partials, statistics, uniform]) buffer.destroy();
  }

  /** Encodes the steps in one pass and submits them. */
  #submit(code: string, uniformBinding: number, steps: readonly Step[]): void {
    const encoder = this.#device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (const { entry, buffers, uniform, workgroups } of steps) {
      const pipeline = this.#pipeline(code, entry);
      pass.setPipeline(pipeline);
      const resources = { ...buffers, [uniformBinding]: { buffer: uniform } };
      const entries = Object.entries(resources).map(([binding, resource]) => ({
        binding: Number(binding),
        resource,
      }));
      pass.setBindGroup(0, this.#device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
      pass.dispatchWorkgroups(...workgroups);
    }
    pass.end();
    this.#device.queue.submit([encoder.finish()]);
  }

  /** The parameters of a shape; a model has few shapes and meets each of them many times. */
  #shape(count: number, rows: number, columns: number): GPUBuffer {
    const key = `${count} ${rows} ${columns}`;
    let uniform = this.#shapes.get(key);
    if (!uniform) this.#shapes.set(key, (uniform = this.#uniform([count, rows, columns])));
    return uniform;
  }

  #uniform(params: Params): GPUBuffer {
    const size = Math.ceil((params.length * 4) / 16) * 16;
    const buffer = this.#device.createBuffer({ size, usage: GPUBufferUsage.UNIFORM, mappedAtCreation: true });
    const view = new DataView(buffer.getMappedRange());
    params.forEach((value, i) => {
      if (typeof value === 'number') view.setUint32(i * 4, value, true);
      else view.setFloat32(i * 4, value.float, true);
    });
    buffer.unmap();
    return buffer;
  }

  #pipeline(code: string, entryPoint: string): GPUComputePipeline {
    let pipeline = this.#pipelines.get(entryPoint);
    if (!pipeline) {
      let module = this.#modules.get(code);
      if (!module) this.#modules.set(code, (module = this.#device.createShaderModule({ code })));
      pipeline = this.#device.createComputePipeline({ layout: 'auto', compute: { module, entryPoint } });
      this.#pipelines.set(entryPoint, pipeline);
    }
    return pipeline;
  }

  /** A dispatch of at least `count` workgroups that keeps each dimension within the device's limit. */
  #spread(count: number): readonly [number, number] {
    const limit = this.#device.limits.maxComputeWorkgroupsPerDimension;
    const rows = Math.ceil(count / limit);
    return [Math.ceil(count / rows), rows];
  }
}

/** Whole buffers, bound in order. */
function whole(...buffers: readonly GPUBuffer[]): Record<number, GPUBufferBinding> {
  return Object.fromEntries(buffers.map((buffer, binding) => [binding, { buffer }]));
}
