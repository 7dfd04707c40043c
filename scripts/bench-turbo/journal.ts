/** @file What a comparison keeps of its pictures. */
import path from 'node:path';
import type { GenerateResult } from '../../src/engine/protocol/generate.ts';
import { Journal } from '../journal.ts';
import { describeEngine, type EngineSetting, type Refusal } from '../kept-pictures.ts';

/** What all pictures of a comparison have in common. */
export interface Setting extends EngineSetting {
  readonly model: string;
  readonly teacher: string | null;
  readonly precision: GenerateResult['precision'];
}

interface Ordered {
  readonly arm: string;
  /** Its name in the folder of its arm, the same in all of them. */
  readonly file: string;
  readonly prompt: string;
  readonly seed: number;
}

/** A finished picture. */
export interface Painted extends Ordered {
  readonly width: number;
  readonly height: number;
  readonly guidance: GenerateResult['guidance'];
  readonly unetEvaluations: number;
  /** Opening the model is not among it. */
  readonly ms: Pick<GenerateResult['ms'], 'encode' | 'denoise' | 'decode'>;
  readonly gpuPeakBytes: number | null;
  readonly wasmHeapBytes: number | null;
  readonly black: boolean;
  readonly nonFinite: number;
}

/** What the engine would not call a picture; it has no file. */
export interface Refused extends Ordered {
  readonly refused: Refusal;
}

/** What every arm made of a prompt and seed, in one session: ratios are never of two. */
export type PaintedRound = readonly (Painted | Refused)[];

/** What a comparison has painted so far. */
export type TurboJournal = Journal<Setting, PaintedRound>;

/**
 * Opens the journal of a comparison in the folder of its pictures, or begins one.
 * @throws UsageError where it is of another setting
 */
export function openJournal(folder: string, setting: Setting): Promise<TurboJournal> {
  return Journal.open<Setting, PaintedRound>(path.join(folder, 'journal.jsonl'), setting, describe, (round) =>
    round.flatMap((one) => ('refused' in one ? [] : [path.join(folder, one.arm, one.file)])),
  );
}

export function findRound({ entries }: TurboJournal, prompt: string, seed: number): PaintedRound | undefined {
  return entries.find((round) => round[0]?.prompt === prompt && round[0].seed === seed);
}

function describe({ model, teacher, precision, ...engine }: Setting): string {
  return `${model}${teacher === null ? '' : ` and ${teacher}`} on ${describeEngine(engine)}, ${precision}`;
}
