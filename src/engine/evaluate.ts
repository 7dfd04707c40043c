/**
 * @file Runs a network under the watchdog: every stage's results are looked at while it runs, all notes are read once at
 * its end, and nothing that is not right is handed on. What is found is computed a second time, as far as the stage
 * that went wrong, to say which of its operations did; see docs/watchdog.md.
 */
import { beginning, type Program, type Stage } from '../architecture/program.ts';
import { AppError, isCancelled, type Finding, type PictureName } from '../error.ts';
import type { Backend, Tensor } from '../runtime/backend.ts';
import { isZero, summariseOnHost, type ValueSummary } from '../runtime/value-summary.ts';
import type { WeightStream } from '../stream/weight-stream.ts';
import { execute, type ExecuteOptions, type Tensors } from './execute.ts';
import { findFault, operationUnits, stageUnits, Watch, type Fault, type Readings } from './watch.ts';
import { ZeroRule, type Ran } from './zero-rule.ts';

export interface EvaluateOptions extends Omit<ExecuteOptions, 'observe'> {
  /** The denoising step it is for, from 0. */
  readonly step?: number;
  /** The pictures that the jobs are for, one for each; absent where every job is for all of them. */
  readonly pictures?: readonly PictureName[];
  /** Whether the picture is put together of several results. */
  readonly isPart?: boolean;
}

/**
 * Runs the jobs and returns their outputs, which become the caller's to free. Throws `image/not-finite` or
 * `image/zeros` naming the first stage that went wrong.
 */
export function evaluate(
  backend: Backend,
  program: Program,
  stream: WeightStream,
  jobs: readonly Tensors[],
  options: EvaluateOptions,
): Promise<Tensors[]> {
  return run({ backend, program, stream, jobs, readBack: [] }, options);
}

/** As {@link evaluate}; gives the values of the outputs of these names, and frees all of them. */
export async function evaluateAndRead(
  backend: Backend,
  program: Program,
  stream: WeightStream,
  jobs: readonly Tensors[],
  names: readonly string[],
  options: EvaluateOptions,
): Promise<Readonly<Record<string, Float32Array>>[]> {
  const outputs = await run({ backend, program, stream, jobs, readBack: names }, options);
  try {
    const results: Record<string, Float32Array>[] = [];
    for (const tensors of outputs) {
      const values: Record<string, Float32Array> = {};
      for (const name of names) {
        const read = await backend.download(outputOf(program, tensors, name));
        const summary = summariseOnHost(read);
        // The watchdog found it right before it was read.
        if (summary.nonFinite > 0 || isZero(summary))
          throw new AppError('runtime/run-failed', {
            stage: `${program.component} ${makerOf(program, name)}`,
            reason: 'the result was lost while it was read',
          });
        values[name] = read;
      }
      results.push(values);
    }
    return results;
  } finally {
    freeAll(backend, outputs);
  }
}

async function run(ran: Ran, options: EvaluateOptions): Promise<Tensors[]> {
  const { backend, program, stream, jobs } = ran;
  const units = stageUnits(program);
  const watch = await Watch.begin(backend, units, jobs.length);
  let outputs: Tensors[] = [];
  try {
    outputs = await execute(backend, program, stream, jobs, { ...options, observe: watch.observe });
    const readings = await watch.read();
    const rule = new ZeroRule(ran);
    const fault = await findFault(units, readings, rule.allows.bind(rule));
    if (!fault) return outputs;
    freeAll(backend, outputs.splice(0));
    const own = readings[fault.job] ?? new Map();
    throw failure({
      ...(await lookAgain(ran, fault, own, options)),
      ...{ program, options, stage: stageOf(program, fault).name },
      picture: options.pictures?.[fault.job] ?? null,
      wouldBeBlack: isBlack(program, own, options),
    });
  } catch (error) {
    freeAll(backend, outputs);
    throw error;
  } finally {
    watch.release();
  }
}

/** What came of computing a fault a second time. */
interface SecondLook {
  /** Whether it came out wrong again; `null` where that could not be told. */
  readonly isRepeated: boolean | null;
  /** Of the first operation that went wrong. */
  readonly operation: string | null;
  readonly summary: ValueSummary;
  /** Why it could not be told. */
  readonly cause?: unknown;
}

/** Rejects only where it is cancelled: what the first look found is worth knowing whatever comes of the second. */
async function lookAgain(...place: Parameters<typeof retrace>): Promise<SecondLook> {
  try {
    return await retrace(...place);
  } catch (cause) {
    if (isCancelled(cause)) throw cause;
    const [, { summary }] = place;
    return { isRepeated: null, operation: null, summary, cause };
  }
}

/** Computes the job that went wrong again, as far as the stage that did, and looks at each of its operations. */
async function retrace(
  ran: Ran,
  fault: Fault,
  readings: Readings,
  options: EvaluateOptions,
): Promise<SecondLook> {
  const { backend, program, stream, jobs } = ran;
  const { signal, precision = 'f32', exact } = options;
  const stage = stageOf(program, fault);
  const inputs = jobs[fault.job];
  if (!inputs) throw new AppError('engine/internal', { reason: 'a fault without a job' });
  const units = operationUnits(stage);
  const watch = await Watch.begin(backend, units, 1);
  try {
    const outputs = await execute(backend, beginning(program, fault.unit + 1), stream, [inputs], {
      signal,
      precision,
      ...(exact && { exact }),
      observe: watch.observe,
    });
    freeAll(backend, outputs);
    const [again = new Map()] = await watch.read();
    const rule = new ZeroRule({ ...ran, jobs: [inputs] });
    const found = await findFault(units, [new Map([...readings, ...again])], rule.allows.bind(rule));
    if (!found) return { isRepeated: false, operation: null, summary: fault.summary };
    const operation = stage.operations[found.unit]?.name ?? null;
    return { isRepeated: true, operation, summary: found.summary };
  } finally {
    watch.release();
  }
}

/**
 * Whether nothing would be seen in the picture: all of it is lost where it is made, and before that any value, because
 * attention and norms spread it over the whole.
 */
function isBlack({ outputs }: Program, readings: Readings, { isPart = false }: EvaluateOptions): boolean {
  const { image } = outputs;
  if (!image) return true;
  const summary = readings.get(image.id);
  return !isPart && summary !== undefined && summary.nonFinite === summary.count;
}

interface Diagnosis extends SecondLook {
  readonly program: Program;
  readonly stage: string;
  readonly picture: PictureName | null;
  readonly wouldBeBlack: boolean;
  readonly options: EvaluateOptions;
}

function failure(diagnosis: Diagnosis): AppError {
  const { program, stage, picture, isRepeated, operation, summary, cause, wouldBeBlack, options } = diagnosis;
  const { step, precision = 'f32' } = options;
  const finding: Finding = {
    ...{ network: program.component, stage, operation, isRepeated, precision, picture },
    step: step === undefined ? null : step + 1,
  };
  if (isZero(summary)) return new AppError('image/zeros', finding, cause);
  const { count, nonFinite, least, greatest } = summary;
  const range = nonFinite < count ? { least, greatest } : { least: null, greatest: null };
  const detail = { ...finding, count: nonFinite, of: count, ...range, wouldBeBlack };
  return new AppError('image/not-finite', detail, cause);
}

function stageOf({ stages }: Program, { unit }: Fault): Stage {
  const stage = stages[unit];
  if (!stage) throw new AppError('engine/internal', { reason: 'a fault without a stage' });
  return stage;
}

/** The name of the stage that makes an output. */
function makerOf({ stages, outputs }: Program, name: string): string | undefined {
  return stages.find(({ operations }) => operations.some(({ output }) => output.id === outputs[name]?.id))
    ?.name;
}

function outputOf({ component }: Program, outputs: Tensors, name: string): Tensor {
  const tensor = outputs[name];
  if (!tensor) throw new AppError('engine/internal', { reason: `${component} has no output "${name}"` });
  return tensor;
}

function freeAll(backend: Backend, jobs: readonly Tensors[]): void {
  for (const tensor of jobs.flatMap((outputs) => Object.values(outputs))) backend.free(tensor);
}
