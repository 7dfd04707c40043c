/** @file What a comparison keeps of its pictures. */
import type { GenerateResult } from '../../src/engine/protocol.ts';
import { Journal } from '../journal.ts';

/** What all pictures of a comparison have in common. */
export interface Setting {
  readonly model: string;
  readonly teacher: string | null;
  readonly backend: GenerateResult['backend'];
  readonly adapter: string;
  readonly precision: GenerateResult['precision'];
}

/** A finished picture. */
export interface Painted {
  readonly arm: string;
  /** Its name in the folder of its arm. */
  readonly file: string;
  readonly prompt: string;
  readonly seed: number;
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

/** What a comparison has painted so far. */
export type TurboJournal = Journal<Setting, Painted>;

/**
 * Opens the journal of a comparison, or begins one.
 * @throws UsageError where it is of another setting
 */
export function openJournal(file: string, setting: Setting): Promise<TurboJournal> {
  return Journal.open<Setting, Painted>(file, setting, describe);
}

export function findPainted(
  { entries }: TurboJournal,
  arm: string,
  prompt: string,
  seed: number,
): Painted | undefined {
  return entries.find((one) => one.arm === arm && one.prompt === prompt && one.seed === seed);
}

function describe({ model, teacher, backend, adapter, precision }: Setting): string {
  return `${model}${teacher === null ? '' : ` and ${teacher}`} on ${backend}, ${adapter}, ${precision}`;
}
