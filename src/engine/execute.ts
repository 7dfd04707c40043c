/**
 * @file Runs a program: stage after stage, and within a stage every job before the next stage's weights are
 * loaded. Activations are freed after their last use. Between stages the worker hears its messages, so a
 * cancel takes effect within one stage.
 */
import { scratchBytes } from '../architecture/footprint.ts';
import type { Activation, Operand, Operation, Program, Stage } from '../architecture/program.ts';
import { AppError, isAppError, throwIfAborted } from '../error.ts';
import { viewAs, type Backend, type Tensor } from '../runtime/backend.ts';
import type { StageWeights, WeightStream } from '../stream/weight-stream.ts';
import type { Precision } from './precisions.ts';

/** The inputs of one job, by the program's input names; they stay the caller's. */
export type Tensors = Readonly<Record<string, Tensor>>;

/** A stage that is through, and when that was, by `performance.now()`. */
export interface StageRun {
  readonly component: string;
  readonly stage: string;
  readonly startMs: number;
  readonly endMs: number;
}

export interface ExecuteOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called after every stage, when its work is submitted. */
  readonly onStage?: (name: string, done: number, total: number) => void;
  /**
   * Called when the device is through with all that a stage submitted, in the order of stages. A stage runs from when it
   * asks for its weights, or when the device is through with the one before where that is later: so runs never overlap, and
   * a stage that waits for its weights, or for a session to be compiled, has that in its time.
   */
  readonly onThrough?: ((run: StageRun) => void) | undefined;
  /** The program will run again right away, so its first stage is wanted after its last. */
  readonly again?: boolean;
  /** What the output of every operation is rounded to before anything reads it. Absent: `f32`, which is not at all. */
  readonly precision?: Precision;
  /** Outputs of the program that stay float32 at any precision. */
  readonly exact?: readonly string[];
  /** Sees the output of every operation of every job before it is freed. */
  readonly observe?: (operation: Operation, output: Tensor, job: number) => Promise<void> | void;
}

/** Runs the jobs and returns their outputs, which become the caller's to free. */
export async function execute(
  backend: Backend,
  program: Program,
  stream: WeightStream,
  jobs: readonly Tensors[],
  options: ExecuteOptions = {},
): Promise<Tensors[]> {
  const runs = jobs.map((inputs, job) => new JobRun(backend, program, inputs, job, options));
  const { stages } = program;
  try {
    let previous: Promise<void> = Promise.resolve();
    let throughMs = 0;
    for (const [i, stage] of stages.entries()) {
      await nextTask();
      throwIfAborted(options.signal);
      const askedMs = performance.now();
      const weights = await stream.acquire(stage, backend, options.signal);
      const next = stages[i + 1] ?? (options.again ? stages[0] : undefined);
      if (next) stream.prefetch(next, backend, stage, options.signal);
      try {
        for (const run of runs) await run.stage(stage, weights);
      } finally {
        stream.release(stage, weights, backend);
      }
      backend.sweep();
      // Submitting is far quicker than computing: never be more than one stage ahead of the GPU.
      await previous;
      previous = backend.settle().then(() => {
        const startMs = Math.max(askedMs, throughMs);
        throughMs = performance.now();
        options.onThrough?.({ component: program.component, stage: stage.name, startMs, endMs: throughMs });
      });
      // Nobody waits for it any more where something else fails first.
      previous.catch(() => undefined);
      options.onStage?.(stage.name, i + 1, stages.length);
    }
    await previous;
    return runs.map((run) => run.outputs());
  } catch (error) {
    for (const run of runs) run.abandon();
    await stream.abandon();
    throw error;
  }
}

/** The activations of one job while it runs. */
class JobRun {
  readonly #backend: Backend;
  readonly #program: Program;
  readonly #job: number;
  readonly #options: ExecuteOptions;
  readonly #inputs = new Map<number, Tensor>();
  readonly #live = new Map<number, Tensor>();

  constructor(backend: Backend, program: Program, inputs: Tensors, job: number, options: ExecuteOptions) {
    this.#backend = backend;
    this.#program = program;
    this.#job = job;
    this.#options = options;
    for (const [name, activation] of Object.entries(program.inputs)) {
      const tensor = inputs[name];
      if (!tensor)
        throw new AppError('engine/internal', { reason: `${program.component} got no input "${name}"` });
      this.#inputs.set(activation.id, tensor);
    }
  }

  async stage(stage: Stage, weights: StageWeights): Promise<void> {
    for (const operation of stage.operations) {
      let output: Tensor;
      try {
        output = await this.#run(operation, weights);
      } catch (error) {
        if (!isAppError(error) || error.code !== 'runtime/run-failed') throw error;
        const { reason } = error.detail as { reason: string };
        throw new AppError(
          'runtime/run-failed',
          { stage: `${this.#program.component} ${operation.name}`, reason },
          error,
        );
      }
      this.#live.set(operation.output.id, output);
      this.#round(operation.output, output);
      await this.#options.observe?.(operation, output, this.#job);
      for (const { id } of operation.lastUses) this.#free(id);
    }
  }

  outputs(): Tensors {
    return Object.fromEntries(
      Object.entries(this.#program.outputs).map(([name, activation]) => [name, this.#value(activation)]),
    );
  }

  abandon(): void {
    for (const id of [...this.#live.keys()]) this.#free(id);
  }

  #run(operation: Operation, weights: StageWeights): Promise<Tensor> {
    if (operation.kind === 'group-norm') {
      const { groups, eps, silu } = operation;
      const [weight, bias] = [operation.weight, operation.bias].map(({ name }) => weightOf(weights, name));
      return this.#backend.groupNorm(
        this.#value(operation.input),
        weight as Tensor,
        bias as Tensor,
        { groups, eps, silu },
        scratchBytes(operation),
      );
    }
    const inputs = Object.fromEntries(
      Object.entries(operation.inputs).map(([name, operand]) => [name, this.#operand(operand, weights)]),
    );
    const { template, output } = operation;
    return this.#backend.run(template, inputs, output.shape, scratchBytes(operation));
  }

  #round({ id }: Activation, tensor: Tensor): void {
    const { precision = 'f32', exact = [] } = this.#options;
    if (precision === 'f32' || exact.some((name) => this.#program.outputs[name]?.id === id)) return;
    this.#backend.round(tensor, precision);
  }

  #operand(operand: Operand, weights: StageWeights): Tensor {
    return operand.kind === 'weight'
      ? weightOf(weights, operand.weight.name)
      : this.#value(operand.activation);
  }

  /** The tensor behind an activation, under the shape its reader sees. */
  #value({ id, shape }: Activation): Tensor {
    const tensor = this.#live.get(id) ?? this.#inputs.get(id);
    if (!tensor)
      throw new AppError('engine/internal', {
        reason: `activation ${id} of ${this.#program.component} is gone`,
      });
    return viewAs(tensor, shape);
  }

  #free(id: number): void {
    const tensor = this.#live.get(id);
    this.#live.delete(id);
    if (tensor) this.#backend.free(tensor);
  }
}

function weightOf(weights: StageWeights, name: string): Tensor {
  const tensor = weights.get(name);
  if (!tensor) throw new AppError('engine/internal', { reason: `the stage did not load "${name}"` });
  return tensor;
}

/** Lets queued messages (a cancel) be handled; unlike timers, a message channel has no minimum delay. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
