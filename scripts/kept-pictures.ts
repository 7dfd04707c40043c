/**
 * @file What the measurements have in common that paint many pictures: what those are painted on, what they are called, which
 * are none, and whether one that is painted again is the same.
 */
import { createHash } from 'node:crypto';
import os from 'node:os';
import { decode } from 'fast-png';
import type { GenerateResult, VaeMode } from '../src/engine/protocol/generate.ts';
import { isAppError, toPlainError } from '../src/error.ts';
import { errorSentence } from '../src/locale/index.ts';
import { byteSize } from '../src/ui/parts/byte-size.ts';
import type { EngineArguments } from './headless/engine-flags.ts';

/** What all pictures of a measurement are painted on, and within what. */
export interface EngineSetting {
  readonly backend: GenerateResult['backend'];
  readonly adapter: string;
  /** The processor, as the system calls it. */
  readonly cpu: string;
  /** As asked for; `null` where that is left to the engine. */
  readonly vae: VaeMode | null;
  readonly gpuBudgetBytes: number | null;
  readonly ramBudgetBytes: number | null;
}

/** @param result any picture that was painted so */
export function engineSetting(
  engine: EngineArguments['engine'],
  { backend, adapter }: Pick<GenerateResult, 'backend' | 'adapter'>,
): EngineSetting {
  return {
    ...{ backend, adapter, cpu: os.cpus()[0]?.model ?? '', vae: engine.vae ?? null },
    gpuBudgetBytes: engine.gpuBudgetBytes ?? null,
    ramBudgetBytes: engine.ramBudgetBytes ?? null,
  };
}

/** The setting in words. */
export function describeEngine(setting: EngineSetting): string {
  const { backend, adapter, cpu, vae, gpuBudgetBytes, ramBudgetBytes } = setting;
  const budget = (name: string, bytes: number | null): string[] =>
    bytes === null ? [] : [`${name} budget ${byteSize(bytes)}`];
  return [
    ...[backend, adapter, cpu, ...(vae === null ? [] : [`VAE ${vae}`])],
    ...[...budget('GPU', gpuBudgetBytes), ...budget('RAM', ramBudgetBytes)],
  ].join(', ');
}

/** Begins the names of the files of a prompt and seed, and of no other, so that lists of prompts can share a folder. */
export function pictureName(prompt: string, seed: number): string {
  return `${createHash('sha256').update(prompt).digest('hex').slice(0, 12)}-${seed}`;
}

/** Why the engine calls a picture none. */
export interface Refusal {
  readonly code: string;
  readonly sentence: string;
  /** It would be black, or is. */
  readonly black: boolean;
}

/** What comes of painting. */
export type Attempt = { readonly result: GenerateResult } | { readonly refused: Refusal };

const REFUSALS: readonly string[] = ['image/not-finite', 'image/zeros', 'image/uniform'];

/**
 * A picture that the engine itself calls none is an outcome, and no end of a measurement.
 * @throws AppError any other failure
 */
export async function attempt(work: Promise<GenerateResult>): Promise<Attempt> {
  try {
    return { result: await work };
  } catch (error) {
    if (!isAppError(error) || !REFUSALS.includes(error.code)) throw error;
    const plain = toPlainError(error);
    const black = plain.code === 'image/not-finite' ? plain.detail.wouldBeBlack : true;
    return { refused: { code: error.code, sentence: errorSentence(plain, 'en'), black } };
  }
}

/** Mean of |a − b|; infinite where the pictures are not of one size. */
export function meanDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs((a[i] ?? NaN) - (b[i] ?? NaN));
  return sum / a.length;
}

/** What painting the same again may differ by, of 255, on average. */
const SAME = 2;

/** Whether a picture painted again has come out as it was: both are PNGs. */
export function isSamePicture(was: Uint8Array, is: Uint8Array): boolean {
  return meanDifference(decode(was).data, decode(is).data) <= SAME;
}
