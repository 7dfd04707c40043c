/** @file For `npm run bench:watchdog`: how long a UNet evaluation takes, and how long the watchdog's look at it. */
import { createWasmBackend } from '../../src/runtime/wasm-backend.ts';
import { createWebGpuBackend } from '../../src/runtime/webgpu-backend.ts';
import { elementCount, viewAs, type Tensor } from '../../src/runtime/backend.ts';
import { resampleIndices } from '../../src/architecture/unet.ts';
import { execute } from '../../src/engine/execute.ts';
import { openModel } from '../../src/engine/model.ts';
import { readPrompts } from '../../src/engine/read-prompts.ts';
import { unetPrograms } from '../../src/engine/unet-evaluation.ts';
import { stageUnits, watchedOf } from '../../src/engine/watch.ts';
import { folderCheckpoint } from '../../src/weights/folder-checkpoint.ts';
import { httpSource } from '../../src/weights/http-source.ts';

export interface WatchdogCostOrder {
  /** Address of a model's folder. */
  readonly model: string;
  readonly backend: 'wasm' | 'webgpu';
  /** Side of the latents. */
  readonly side: number;
  readonly rounds: number;
}

export interface WatchdogCost {
  readonly adapter: string;
  /** Stages, and what is looked at of them. */
  readonly stages: number;
  readonly results: number;
  readonly values: number;
  /** By round: an evaluation nobody looks at, and the looks alone, with the wait for what they found. */
  readonly evaluationMs: readonly number[];
  readonly watchMs: readonly number[];
}

/**
 * Measures both in turn. The looks are timed alone, because what one evaluation takes more than another is mostly chance:
 * so they cost a little more here than between the stages, where they wait for nothing.
 */
export async function measureWatchdog(order: WatchdogCostOrder): Promise<WatchdogCost> {
  const { side, rounds } = order;
  const backend = await (order.backend === 'wasm' ? createWasmBackend() : createWebGpuBackend());
  const model = await openModel(folderCheckpoint(httpSource(order.model)));
  const prompts = readPrompts(model, [{ which: 'prompt', text: '' }]);
  const program = unetPrograms(model, { latentHeight: side, latentWidth: side, prompts }, true).step;
  const indices = resampleIndices(program);
  const inputs: Record<string, Tensor> = {};
  for (const [name, { shape }] of Object.entries(program.inputs))
    inputs[name] = await backend.upload(indices[name] ?? wave(elementCount(shape)), shape);
  const shapes = stageUnits(program)
    .flatMap(watchedOf)
    .map(({ shape }) => shape);
  const largest = Math.max(...shapes.map(elementCount));
  const results = await backend.upload(wave(largest), [largest]);
  const evaluate = async (): Promise<void> => {
    const [outputs] = await execute(backend, program, model.streams.unet, [inputs]);
    const prediction = outputs?.['prediction'] as Tensor;
    await backend.download(prediction);
    backend.free(prediction);
  };
  const watch = async (): Promise<void> => {
    const survey = await backend.survey(shapes.length);
    for (const shape of shapes) survey.note(viewAs(results, shape));
    await survey.read();
    survey.release();
  };
  // Shaders and sessions are made by whoever comes first.
  await evaluate();
  await watch();
  const [evaluationMs, watchMs]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    evaluationMs.push(await timed(evaluate));
    watchMs.push(await timed(watch));
  }
  const cost = {
    adapter: backend.adapter,
    stages: program.stages.length,
    results: shapes.length,
    values: shapes.reduce((sum, shape) => sum + elementCount(shape), 0),
    evaluationMs,
    watchMs,
  };
  await backend.dispose();
  return cost;
}

async function timed(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

function wave(length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => Math.sin(i + 1));
}
