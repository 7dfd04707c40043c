/**
 * @file Our own WGSL kernels on one device: widening bfloat16, rounding, GroupNorm, summaries of values. Each
 * call encodes, submits and returns; the queue keeps the order with ONNX Runtime's work. Buffers passed in
 * must be as large as their shapes say.
 */
import expandCode from './kernels/expand.wgsl?raw';
import groupNormCode from './kernels/group-norm.wgsl?raw';
import roundCode from './kernels/round.wgsl?raw';
import summariseCode from './kernels/summarise.wgsl?raw';

/** Values a statistics workgroup reads; enough to keep its threads busy, few enough to spread the work. */
const CHUNK_VALUES = 8192;
const THREADS = 256;
const TILE = 16;
/** Workgroups that sum values up together at most; each then takes more of them. */
const MOST_SUMMARISING = 1024;

/** Bytes of a summary, see {@link Kernels.summarise}. */
const SUMMARY_BYTES = 12;

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
  /** What is added to a matrix. */
  readonly added?: PackedLowRank | undefined;
}

/** up [rank, rows] and down [rank, columns] as float32, and where in `buffer` they start. */
export interface PackedLowRank {
  readonly buffer: GPUBuffer;
  readonly rank: number;
  readonly up: number;
  readonly down: number;
}

interface Step {
  readonly entry: string;
  /** By binding number. */
  readonly buffers: Readonly<Record<number, GPUBufferBinding>>;
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

  /** bfloat16 → float32 for any number of tensors, in one submission; adds to matrices what is to be added. */
  expand(tensors: readonly PackedTensor[]): void {
    const steps = tensors.map(({ packed, offset, count, values, matrix, added }): Step => {
      const [rows, columns] = matrix ?? [0, 0];
      const rank = added?.rank ?? 0;
      return {
        entry: added ? 'addTransposed' : matrix ? 'expandTransposed' : 'expand',
        buffers: {
          0: { buffer: packed, offset, size: Math.ceil(count / 2) * 4 },
          1: { buffer: values },
          2: { buffer: this.#shape(count, rows, columns, rank) },
          ...(added && {
            3: { buffer: added.buffer, offset: added.up, size: 4 * rank * rows },
            4: { buffer: added.buffer, offset: added.down, size: 4 * rank * columns },
          }),
        },
        workgroups: matrix
          ? [Math.ceil(columns / TILE), Math.ceil(rows / TILE)]
          : this.#spread(Math.ceil(count / THREADS)),
      };
    });
    this.#submit(expandCode, steps);
  }

  /** The first `count` of the `values`, each to the nearest that `format` holds, in place. */
  round(values: GPUBuffer, count: number, format: NarrowFormat): void {
    const entry = format === 'bf16' ? 'roundToBf16' : 'roundToF16';
    const buffers = { 0: { buffer: values, size: count * 4 } };
    this.#submit(roundCode, [{ entry, buffers, workgroups: this.#spread(Math.ceil(count / THREADS)) }]);
  }

  /**
   * Sums up `count` values in the three words at `offset` of `summaries`, which are zeros before: how many are not
   * finite, the key of the greatest other and the complement of the least one's (`runtime/value-summary.ts`).
   */
  summarise(values: GPUBuffer, count: number, summaries: GPUBuffer, offset: number): void {
    const buffers = {
      0: { buffer: values, size: count * 4 },
      1: { buffer: summaries, offset, size: SUMMARY_BYTES },
    };
    const workgroups = [Math.min(MOST_SUMMARISING, Math.ceil(count / CHUNK_VALUES))] as const;
    this.#submit(summariseCode, [{ entry: 'summarise', buffers, workgroups }]);
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
    const all = whole(x, partials, statistics, weight, bias, y, uniform);
    const bind = (...bindings: readonly number[]): Step['buffers'] =>
      Object.fromEntries(bindings.map((binding) => [binding, all[binding] ?? { buffer: x }]));
    this.#submit(groupNormCode, [
      { entry: 'chunkStatistics', buffers: bind(0, 1, 6), workgroups: [chunks, groups, batch] },
      { entry: 'mergeStatistics', buffers: bind(1, 2, 6), workgroups: [groups, batch] },
      {
        entry: 'normalise',
        buffers: bind(0, 2, 3, 4, 5, 6),
        workgroups: this.#spread(Math.ceil(count / THREADS)),
      },
    ]);
    for (const buffer of [partials, statistics, uniform]) buffer.destroy();
  }

  /** Encodes the steps in one pass and submits them. */
  #submit(code: string, steps: readonly Step[]): void {
    const encoder = this.#device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (const { entry, buffers, workgroups } of steps) {
      const pipeline = this.#pipeline(code, entry);
      pass.setPipeline(pipeline);
      const entries = Object.entries(buffers).map(([binding, resource]) => ({
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
  #shape(...parameters: readonly [count: number, rows: number, columns: number, rank: number]): GPUBuffer {
    const key = parameters.join(' ');
    let uniform = this.#shapes.get(key);
    if (!uniform) this.#shapes.set(key, (uniform = this.#uniform(parameters)));
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
