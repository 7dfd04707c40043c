/**
 * @file Our own WGSL kernels on one device: widening and packing bfloat16, GroupNorm, the finite check. Each
 * call encodes, submits and returns; the queue keeps the order with ONNX Runtime's work. Buffers passed in
 * must be as large as their shapes say.
 */
import expandCode from './kernels/expand.wgsl?raw';
import finiteCode from './kernels/finite.wgsl?raw';
import groupNormCode from './kernels/group-norm.wgsl?raw';
import packCode from './kernels/pack.wgsl?raw';

/** Values a statistics workgroup reads; enough to keep its threads busy, few enough to spread the work. */
const CHUNK_VALUES = 8192;
const THREADS = 256;
const TILE = 16;

export interface GroupNormSize {
  readonly batch: number;
  readonly pixels: number;
  readonly channels: number;
  readonly groups: number;
  readonly eps: number;
  readonly silu: boolean;
}

interface Step {
  readonly entry: string;
  /** Storage buffers by binding number. */
  readonly buffers: Readonly<Record<number, GPUBuffer>>;
  readonly workgroups: readonly [number, number?, number?];
}

/** A list of uint32 parameters, with floats as `{float}`. */
type Params = readonly (number | { readonly float: number })[];

export class Kernels {
  readonly #device: GPUDevice;
  readonly #modules = new Map<string, GPUShaderModule>();
  readonly #pipelines = new Map<string, GPUComputePipeline>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** `packed` bfloat16 pairs → `values`, `count` of them. */
  expand(packed: GPUBuffer, values: GPUBuffer, count: number): void {
    const workgroups = this.#spread(Math.ceil(count / THREADS));
    this.#submit(expandCode, [count, 0, 0], 2, [
      { entry: 'expand', buffers: { 0: packed, 1: values }, workgroups },
    ]);
  }

  /** As {@link expand}, [rows, columns] → [columns, rows]. */
  expandTransposed(packed: GPUBuffer, values: GPUBuffer, rows: number, columns: number): void {
    const workgroups = [Math.ceil(columns / TILE), Math.ceil(rows / TILE)] as const;
    this.#submit(expandCode, [rows * columns, rows, columns], 2, [
      { entry: 'expandTransposed', buffers: { 0: packed, 1: values }, workgroups },
    ]);
  }

  /** `count` float32 `values` → bfloat16 pairs. */
  pack(values: GPUBuffer, packed: GPUBuffer, count: number): void {
    const workgroups = this.#spread(Math.ceil(count / 2 / THREADS));
    this.#submit(packCode, [count], 2, [{ entry: 'pack', buffers: { 0: values, 1: packed }, workgroups }]);
  }

  /** Adds to the uint32 in `total` how many of `count` values are NaN or infinite. */
  countNonFinite(values: GPUBuffer, total: GPUBuffer, count: number): void {
    const workgroups = [Math.min(1024, Math.ceil(count / THREADS))] as const;
    this.#submit(finiteCode, [count], 2, [
      { entry: 'countNonFinite', buffers: { 0: values, 1: total }, workgroups },
    ]);
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
    const params = [
      pixels,
      channels,
      groups,
      chunkPixels,
      chunks,
      count,
      { float: size.eps },
      size.silu ? 1 : 0,
    ];
    this.#submit(groupNormCode, params, 6, [
      { entry: 'chunkStatistics', buffers: { 0: x, 1: partials }, workgroups: [chunks, groups, batch] },
      { entry: 'mergeStatistics', buffers: { 1: partials, 2: statistics }, workgroups: [groups, batch] },
      {
        entry: 'normalise',
        buffers: { 0: x, 2: statistics, 3: weight, 4: bias, 5: y },
        workgroups: this.#spread(Math.ceil(count / THREADS)),
      },
    ]);
    partials.destroy();
    statistics.destroy();
  }

  /** Encodes the steps in one pass with one uniform buffer and submits them. */
  #submit(code: string, params: Params, paramsBinding: number, steps: readonly Step[]): void {
    const uniform = this.#uniform(params);
    const encoder = this.#device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (const { entry, buffers, workgroups } of steps) {
      const pipeline = this.#pipeline(code, entry);
      pass.setPipeline(pipeline);
      const resources = { ...buffers, [paramsBinding]: uniform };
      const entries = Object.entries(resources).map(([binding, buffer]) => ({
        binding: Number(binding),
        resource: { buffer },
      }));
      pass.setBindGroup(0, this.#device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
      pass.dispatchWorkgroups(...workgroups);
    }
    pass.end();
    this.#device.queue.submit([encoder.finish()]);
    uniform.destroy();
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
