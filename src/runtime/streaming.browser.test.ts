/** @file A program larger than what it may hold: weights come and go, and the peak stays that of a few stages. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProgramBuilder, programWeights, type Program } from '../architecture/program.ts';
import { linearLayer } from '../architecture/templates/tokens.ts';
import { execute } from '../engine/execute.ts';
import { planRam } from '../stream/plan-ram.ts';
import { minimumBytes, planMemory, stageKey, type PlannedPhase, type PlannedStage } from '../stream/plan.ts';
import { WeightStream } from '../stream/weight-stream.ts';
import { writeSafetensors } from '../weights/safetensors.ts';
import { openWeights } from '../weights/folder-checkpoint.ts';
import type { WeightSet } from '../weights/weight-set.ts';
import { largestDifference, openWebGpu, someValues } from './test-webgpu.ts';
import type { Backend, GpuMemory, Tensor } from './backend.ts';

const STAGES = 12;
const TOKENS = 16;
const SIZE = 256;
/** How often the program runs where it runs again and again. */
const RUNS = 2;
/** A stage's weights as they arrive and as they are used. */
const STAGE_BYTES = SIZE * SIZE * (2 + 4);
const STAGING_BYTES = 256 * 1024;
const ACTIVATION_BYTES = TOKENS * SIZE * 4;

/** x ↦ x·W₁·W₂·…, one product to a stage. */
function chain(stages: number): Program {
  const program = new ProgramBuilder();
  const input = program.input('x', [1, TOKENS, SIZE]);
  let x = input;
  for (let i = 0; i < stages; i++) {
    x = program.stage(`stage ${i}`, (stage) => {
      const weight = stage.weight(`layer.${i}.weight`, [SIZE, SIZE], true);
      return stage.run(
        `stage ${i}`,
        linearLayer({ bias: false, residual: false }),
        { x, 'linear.weight': weight },
        x.shape,
      );
    });
  }
  return program.finish('unet', { y: x });
}

/** Every layer shifts the channels by one. */
async function shifts(program: Program): Promise<WeightSet> {
  const data = new Float32Array(SIZE * SIZE);
  for (let row = 0; row < SIZE; row++) data[row * SIZE + ((row + 1) % SIZE)] = 1;
  const shape = [SIZE, SIZE];
  const bytes = writeSafetensors(
    Object.fromEntries(programWeights(program).map(({ name }) => [name, { shape, data }])),
  );
  const read = (offset: number, length: number) => Promise.resolve(bytes.slice(offset, offset + length));
  const file = { path: 'unet/model.safetensors', size: bytes.length, read };
  return openWeights(
    { label: 'test', open: (path) => Promise.resolve(path === file.path ? file : undefined) },
    'unet',
  );
}

describe('a dozen stages', () => {
  let backend: Backend;
  let program: Program;
  let weights: WeightSet;
  let x: Tensor;
  let expected: Float32Array;
  let reference: Float32Array;
  let before: number;

  beforeAll(async () => {
    ({ backend } = await openWebGpu());
    program = chain(STAGES);
    weights = await shifts(program);
    const values = someValues(TOKENS * SIZE);
    expected = values.map((_, i) => {
      const [token, channel] = [Math.floor(i / SIZE), i % SIZE];
      return values[token * SIZE + ((channel + STAGES) % SIZE)] ?? NaN;
    });
    x = await backend.upload(values, [1, TOKENS, SIZE]);
    // Compiles the kernels, and leaves what the library keeps.
    [reference = new Float32Array()] = (await run(new WeightStream(weights), Infinity)).results;
    before = memory().liveBytes;
  });
  afterAll(() => backend.dispose());

  const memory = (): GpuMemory => backend.memory() as GpuMemory;

  /** The result and the receipt of `runs` runs within a budget. */
  async function run(stream: WeightStream, budgetBytes: number, runs = 1) {
    await backend.trim();
    await backend.limitMemory({ budgetBytes, stagingBytes: STAGING_BYTES });
    backend.resetMemory();
    const results: Float32Array[] = [];
    for (let i = 0; i < runs; i++) {
      const options = { again: i + 1 < runs };
      const y = (await execute(backend, program, stream, [{ x }], options))[0]?.['y'] as Tensor;
      results.push(await backend.download(y));
      backend.free(y);
    }
    await backend.trim();
    const { peakBytes, uploadedBytes, liveBytes } = memory();
    return { results, peakBytes, uploadedBytes, liveBytes };
  }

  /** What the planner says of the program, run so often. */
  const phaseOf = (runs: number): PlannedPhase => [
    {
      runs,
      heldBytes: before,
      stages: program.stages.map(({ name }): PlannedStage => ({
        key: stageKey('unet', name),
        uploadBytes: SIZE * SIZE * 2,
        packedBytes: SIZE * SIZE * 2,
        pieceBytes: SIZE * SIZE * 2,
        expandedBytes: SIZE * SIZE * 4,
        addedBytes: 0,
        carriedBytes: ACTIVATION_BYTES,
        workBytes: 2 * ACTIVATION_BYTES,
      })),
    },
  ];

  it('need the memory of three, and leave nothing behind', async () => {
    const { results, peakBytes, uploadedBytes, liveBytes } = await run(new WeightStream(weights), Infinity);
    expect(uploadedBytes).toBe(STAGES * SIZE * SIZE * 2);
    expect(peakBytes - before).toBeGreaterThanOrEqual(STAGE_BYTES);
    expect(peakBytes - before).toBeLessThan(3 * STAGE_BYTES + 4 * ACTIVATION_BYTES + STAGING_BYTES);
    expect(largestDifference(results[0] ?? new Float32Array(), expected)).toBeLessThan(1e-5);
    expect(liveBytes).toBe(before);
  });

  it.each([
    ['just enough', 0],
    ['room for half of the weights', 0.5],
    ['room for all weights', 1.5],
    ['room for all weights expanded', 4],
  ])('never pass their budget, and give the same bits: %s', async (_name, share) => {
    const phases = [phaseOf(RUNS)];
    const all = STAGES * SIZE * SIZE * 2;
    const budgetBytes = minimumBytes(phases) + Math.floor(share * all);
    const plan = planMemory(budgetBytes, phases);
    const stream = new WeightStream(weights);
    await stream.follow(planRam(plan.stages, phases, [], 0));
    const { results, peakBytes, uploadedBytes } = await run(stream, budgetBytes, RUNS);
    expect(peakBytes).toBeLessThanOrEqual(plan.peakBytes);
    expect(plan.peakBytes).toBeLessThanOrEqual(budgetBytes);
    expect(uploadedBytes).toBe(plan.uploadedBytes.first);
    const resident = [...plan.stages.values()].filter(({ residency }) => residency !== 'streamed').length;
    expect(uploadedBytes).toBe((RUNS * STAGES - (RUNS - 1) * resident) * SIZE * SIZE * 2);
    // Two stages' worth may go to sending ahead and to what is on its way.
    expect(resident).toBeGreaterThanOrEqual(Math.floor(STAGES * Math.min(1, share)) - 2);
    for (const result of results) expect(result).toEqual(reference);
    await stream.unload();
    await backend.trim();
    expect(memory().liveBytes).toBe(before);
  });
});
