/**
 * @file The self-test of the `subgroups` feature: a shader runs every operation on a device of its own, and plain
 * arithmetic says what it should have given. Nothing is painted with the feature (see `device.ts`); the test tells
 * whether a wrong picture elsewhere may be the driver's doing.
 */
import code from './kernels/subgroups.wgsl?raw';

/** `failed`: the test could not be run, `reason` says why. */
export interface SubgroupTest {
  readonly result: 'right' | 'wrong' | 'absent' | 'failed';
  /** Invocations of a subgroup, as the shader saw it. */
  readonly size: number | null;
  /** Operations whose result is wrong, by their names in WGSL. */
  readonly wrong: readonly string[];
  readonly reason: string | null;
}

/** Where there is no such feature. */
export const NO_SUBGROUPS: SubgroupTest = { result: 'absent', size: null, wrong: [], reason: null };

const FEATURE = 'subgroups';
const LIMIT_MS = 10_000;
/** As in the shader; every size of subgroup divides it. */
const WORKGROUP = 256;
const COUNT = 4 * WORKGROUP;
/** Integers whose sums float32 holds exactly, in whatever order they are added. */
const VALUES = Float32Array.from({ length: COUNT }, (_, i) => (i * 7919) % 1013);

/** Fields of the shader's `Outcome` from the fourth on, and the operation each comes from. */
const OPERATIONS = [
  'subgroupAdd',
  'subgroupExclusiveAdd',
  'subgroupInclusiveAdd',
  'subgroupMax',
  'subgroupMin',
  'subgroupBroadcast',
  'subgroupShuffle',
  'subgroupShuffleXor',
  'subgroupBallot',
] as const;
const FIELDS = 3 + OPERATIONS.length;
const BALLOT = OPERATIONS.indexOf('subgroupBallot');

/**
 * Tests the feature on a device that lives as long as the test. Never rejects.
 * @param limitMs how long the GPU may take; one that hangs would never answer
 */
export async function testSubgroups(adapter: GPUAdapter, limitMs = LIMIT_MS): Promise<SubgroupTest> {
  if (!adapter.features.has(FEATURE)) return NO_SUBGROUPS;
  const opening = adapter.requestDevice({ requiredFeatures: [FEATURE] });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const lateness = new Promise<never>((_, reject) => {
    const reason = `the GPU did not answer within ${limitMs / 1000} s`;
    timer = setTimeout(() => reject(new Error(reason)), limitMs);
  });
  try {
    return judgeSubgroups(await Promise.race([opening.then(runOperations), lateness]));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { result: 'failed', size: null, wrong: [], reason };
  } finally {
    clearTimeout(timer);
    // A device that comes too late goes as well.
    void opening.then(
      (device) => device.destroy(),
      () => undefined,
    );
  }
}

async function runOperations(device: GPUDevice): Promise<ArrayBuffer> {
  device.pushErrorScope('validation');
  const { STORAGE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
  const size = COUNT * FIELDS * 4;
  const values = device.createBuffer({ size: VALUES.byteLength, usage: STORAGE | COPY_DST });
  const outcomes = device.createBuffer({ size, usage: STORAGE | COPY_SRC });
  const result = device.createBuffer({ size, usage: MAP_READ | COPY_DST });
  device.queue.writeBuffer(values, 0, VALUES);
  const module = device.createShaderModule({ code });
  const pipeline = device.createComputePipeline({ layout: 'auto', compute: { module } });
  const entries = [values, outcomes].map((buffer, binding) => ({ binding, resource: { buffer } }));
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
  pass.dispatchWorkgroups(COUNT / WORKGROUP);
  pass.end();
  encoder.copyBufferToBuffer(outcomes, 0, result, 0, size);
  device.queue.submit([encoder.finish()]);
  const invalid = await device.popErrorScope();
  if (invalid) throw new Error(invalid.message);
  await result.mapAsync(GPUMapMode.READ);
  return result.getMappedRange().slice(0);
}

/** One invocation as the shader wrote it down. */
interface Invocation {
  readonly index: number;
  readonly size: number;
  readonly lane: number;
  readonly first: number;
  readonly value: number;
  /** By {@link OPERATIONS}. */
  readonly results: readonly number[];
}

/**
 * Compares what the shader wrote with plain arithmetic.
 * @param outcomes the shader's `Outcome` of every invocation
 */
export function judgeSubgroups(outcomes: ArrayBuffer): SubgroupTest {
  const invocations = readInvocations(outcomes);
  const size = invocations[0]?.size ?? 0;
  const groups = new Map<number, Invocation[]>();
  for (const invocation of invocations) {
    const group = groups.get(invocation.first);
    if (group) group.push(invocation);
    else groups.set(invocation.first, [invocation]);
  }
  // Who belongs together is itself the work of subgroupBroadcastFirst.
  if (![...groups].every(([first, group]) => isSubgroup(first, group))) {
    return { result: 'wrong', size, wrong: ['subgroupBroadcastFirst'], reason: null };
  }
  const isWrong = OPERATIONS.map(() => false);
  for (const group of groups.values()) {
    const lanes = group.toSorted((a, b) => a.lane - b.lane);
    for (const invocation of lanes) {
      expectedResults(lanes, invocation.lane).forEach((expected, i) => {
        if (invocation.results[i] !== expected) isWrong[i] = true;
      });
    }
  }
  const wrong = OPERATIONS.filter((_, i) => isWrong[i]);
  return { result: wrong.length === 0 ? 'right' : 'wrong', size, wrong, reason: null };
}

function readInvocations(outcomes: ArrayBuffer): Invocation[] {
  const [integers, floats] = [new Uint32Array(outcomes), new Float32Array(outcomes)];
  return Array.from({ length: COUNT }, (_, i) => {
    const start = i * FIELDS;
    const [size = 0, lane = 0, first = 0] = integers.subarray(start, start + 3);
    const results = OPERATIONS.map(
      (_operation, k) => (k === BALLOT ? integers : floats)[start + 3 + k] ?? NaN,
    );
    return { index: i, size, lane, first, value: VALUES[i] ?? NaN, results };
  });
}

/** Whether invocations that name the same first one are a whole subgroup of one workgroup, and it the first. */
function isSubgroup(first: number, group: readonly Invocation[]): boolean {
  const size = group.length;
  const lanes = new Set(group.map(({ lane }) => lane));
  const workgroups = new Set(group.map(({ index }) => Math.floor(index / WORKGROUP)));
  return (
    lanes.size === size &&
    workgroups.size === 1 &&
    group.every((invocation) => invocation.size === size && invocation.lane < size) &&
    group.some(({ index, lane }) => index === first && lane === 0)
  );
}

/** What the operations should give the invocation of a lane; `lanes` is its whole subgroup in order. */
function expectedResults(lanes: readonly Invocation[], lane: number): readonly number[] {
  const values = lanes.map(({ value }) => value);
  const sum = (summands: readonly number[]): number => summands.reduce((total, value) => total + value, 0);
  return [
    sum(values),
    sum(values.slice(0, lane)),
    sum(values.slice(0, lane + 1)),
    Math.max(...values),
    Math.min(...values),
    values[2] ?? NaN,
    values[(lane + 1) % values.length] ?? NaN,
    values[lane ^ 1] ?? NaN,
    values.filter((value) => value % 2 === 1).length,
  ];
}
