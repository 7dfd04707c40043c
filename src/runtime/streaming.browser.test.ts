/** @file A program larger than what it may hold: weights come and go, and the peak stays that of a few stages. */
import { expect, it } from 'vitest';
import { ProgramBuilder, programWeights, type Program } from '../architecture/program.ts';
import { linearLayer } from '../architecture/templates/tokens.ts';
import { execute } from '../engine/execute.ts';
import { WeightStream } from '../stream/weight-stream.ts';
import { writeSafetensors } from '../weights/safetensors.ts';
import { openWeights, type WeightSet } from '../weights/weight-set.ts';
import { largestDifference, openWebGpu, someValues } from './test-webgpu.ts';
import type { Backend, Tensor } from './backend.ts';

const STAGES = 30;
const TOKENS = 32;
const SIZE = 384;
/** A stage's weights as they arrive and as they are used. */
const STAGE_BYTES = SIZE * SIZE * (2 + 4);
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

it('thirty stages need the memory of three', async () => {
  const opened = await openWebGpu();
  const backend: Backend = opened.backend;
  const memory = () => opened.backend.memory();
  const program = chain(STAGES);
  const stream = new WeightStream(await shifts(program));
  const values = someValues(TOKENS * SIZE);
  const x = backend.upload(values, [1, TOKENS, SIZE]);
  // Compiles the kernels, and leaves what the library keeps.
  const [warm] = await execute(backend, chain(2), stream, [{ x }]);
  backend.free(warm?.['y'] as Tensor);
  await backend.settle();
  backend.resetMemory();
  const before = memory().liveBytes;

  const y = (await execute(backend, program, stream, [{ x }]))[0]?.['y'] as Tensor;
  const { peakBytes, uploadedBytes } = memory();
  expect(uploadedBytes).toBe(STAGES * SIZE * SIZE * 2);
  expect(peakBytes - before).toBeGreaterThanOrEqual(STAGE_BYTES);
  expect(peakBytes - before).toBeLessThan(3 * STAGE_BYTES + 4 * ACTIVATION_BYTES);

  const shifted = values.map((_, i) => {
    const [token, channel] = [Math.floor(i / SIZE), i % SIZE];
    return values[token * SIZE + ((channel + STAGES) % SIZE)] ?? NaN;
  });
  expect(largestDifference(await backend.download(y), shifted)).toBeLessThan(1e-5);
  backend.free(y);
  await backend.settle();
  expect(memory().liveBytes).toBe(before);
  await backend.dispose();
});
