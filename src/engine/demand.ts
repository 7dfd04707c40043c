/** @file What a request will run and how much memory that takes, as the planner wants to know it. */
import { buildClip, embeddingTables } from '../architecture/clip.ts';
import { footprint } from '../architecture/footprint.ts';
import type { Program, WeightSpec } from '../architecture/program.ts';
import type { PlannedTable } from '../stream/plan-ram.ts';
import type { WeightStream } from '../stream/weight-stream.ts';
import { stageKey, type PlannedPass, type PlannedPhase, type PlannedStage } from '../stream/plan.ts';
import type { DenoiseMemory } from './denoise.ts';
import type { Model } from './model.ts';
import type { Prompts } from './read-prompts.ts';
import type { Settings } from './settings.ts';
import { unetPrograms } from './unet-evaluation.ts';
import { stageUnits, watchedOf } from './watch.ts';

/** Tensors sent together, and the watchdog's notes, start at multiples of this; no device asks for more. */
const PACKING = 256;

/** The programs that encode a window; with `clipSkip` as `buildClip` takes it. */
export function encodePrograms({ encoders }: Model, clipSkip: number): Program[] {
  return encoders.map(({ config, component, tokenizer }) =>
    buildClip(config, component, tokenizer.maxLength, clipSkip),
  );
}

/** Encoding the windows of all texts, which share every stage. */
export function encodePhase(model: Model, { windows }: Prompts, clipSkip: number): PlannedPhase {
  return encodePrograms(model, clipSkip).map((program, i) => {
    const stream = model.encoders[i]?.stream;
    const jobs = windows[i]?.length ?? 0;
    return pass(program, { runs: 1, jobs, heldBytes: jobs * footprint(program).inputBytes, stream });
  });
}

/** The tables of which encoding reads a few rows. */
export function encoderTables({ encoders }: Model): PlannedTable[] {
  return encoders.flatMap(({ config, component }) => {
    const { tokens, positions } = embeddingTables(config);
    return [tokens, positions].map((spec) => ({
      key: stageKey(component, spec.name),
      bytes: 2 * elements(spec),
    }));
  });
}

/**
 * All steps of all pictures, and what is computed once before them. Where any step needs two evaluations, every step is
 * taken to: they send the same weights, and the plan has to fit the one that takes the most memory.
 */
export function denoisePhase(model: Model, settings: Settings, memory: DenoiseMemory): PlannedPhase {
  const { steps, pairedSteps, seeds } = settings;
  const { keepsText } = memory;
  const stream = model.streams.unet;
  const together = Math.min(memory.together, seeds.length);
  const texts = pairedSteps > 0 ? 2 : 1;
  const times = steps + pairedSteps;
  const { text, time, step } = unetPrograms(model, settings, keepsText);
  const [timeNeeds, stepNeeds] = [footprint(time), footprint(step)];
  const textBytes = text ? footprint(text).outputBytes : 0;
  const contextBytes = bufferBytes((text ?? step).inputs['context']?.shape ?? []);
  const before = texts * (contextBytes + textBytes);
  // A step's inputs hold the text's part and one step's part of the times already; counting them for every
  // picture besides is a little too much rather than too little.
  const held = before + times * timeNeeds.outputBytes;
  const sampleBytes = stepNeeds.inputBytes - textBytes - timeNeeds.outputBytes;
  return [
    ...(text ? [pass(text, { runs: 1, jobs: texts, heldBytes: texts * contextBytes, stream })] : []),
    pass(time, { runs: 1, jobs: times, heldBytes: before + times * timeNeeds.inputBytes, stream }),
    pass(step, {
      runs: steps * Math.ceil(seeds.length / together),
      jobs: together * texts,
      heldBytes: held + together * sampleBytes,
      stream,
    }),
  ];
}

/** Encoding the picture that is begun from, or decoding so many pictures, one after another. */
export function vaePhase(
  programs: readonly { readonly program: Program; readonly runs: number }[],
  pictures: number,
): PlannedPhase {
  return programs.map(({ program, runs }) =>
    pass(program, { runs: runs * pictures, jobs: 1, heldBytes: footprint(program).inputBytes }),
  );
}

interface Demand {
  readonly runs: number;
  /** Computed together. */
  readonly jobs: number;
  readonly heldBytes: number;
  /** Of weights that something may be added to. */
  readonly stream?: WeightStream | undefined;
}

/** A program as the planner sees it, with so many jobs in lockstep: their activations add up between stages. */
function pass(program: Program, { runs, jobs, heldBytes, stream }: Demand): PlannedPass {
  const needs = footprint(program).stages;
  const stages = program.stages.map(({ name, weights }, i): PlannedStage => {
    const { packedBytes = 0, expandedBytes = 0, carriedBytes = 0, workBytes = 0 } = needs[i] ?? {};
    const carriedBefore = needs[i - 1]?.carriedBytes ?? 0;
    const sizes = weights.map((spec) => 2 * elements(spec));
    const added = stream?.addedTo(weights).flatMap((one) => (one ? [one.up, one.down] : [])) ?? [];
    return {
      key: stageKey(program.component, name),
      uploadBytes: packedBytes,
      packedBytes: packed(sizes),
      pieceBytes: Math.max(0, ...sizes) + PACKING * sizes.length,
      expandedBytes,
      addedBytes: packed(added.map(({ byteLength }) => byteLength)),
      carriedBytes: jobs * carriedBefore,
      workBytes: workBytes + (jobs - 1) * Math.max(carriedBefore, carriedBytes),
    };
  });
  const noteBytes = jobs * PACKING * stageUnits(program).flatMap(watchedOf).length;
  return { runs, heldBytes: heldBytes + noteBytes, stages };
}

/** Bytes of tensors sent together. */
function packed(sizes: readonly number[]): number {
  return sizes.reduce((sum, size) => sum + Math.ceil(size / PACKING) * PACKING, 0);
}

function elements({ shape }: WeightSpec): number {
  return shape.reduce((product, size) => product * size, 1);
}

function bufferBytes(shape: readonly number[]): number {
  return Math.ceil(shape.reduce((product, size) => product * size, 4) / 16) * 16;
}
