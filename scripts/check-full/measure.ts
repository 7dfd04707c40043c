/** @file Paints the recorded picture and says how far it is from the record, and what memory it took. */
import { createHash } from 'node:crypto';
import type { GenerateRequest, Progress } from '../../src/engine/protocol/generate.ts';
import { relativeL2 } from '../../src/testing/relative-l2.ts';
import { watchHeap } from '../headless/heap.ts';
import type { ResolvedModel } from '../headless/model.ts';
import { paintInPage } from '../headless/paint.ts';
import type { Session } from '../headless/session.ts';
import type { EvaluationRecord } from './record.ts';

const MIB = 1024 ** 2;
const PREDICTION_BAR = 1e-3;
const TEXT_BAR = 1e-4;
const HEAP_BARS = { webgpu: 300 * MIB, wasm: 1024 * MIB };
const PAGE_BAR = 300 * MIB;

export interface MeasureOptions {
  readonly engine: Pick<GenerateRequest, 'backend' | 'vae' | 'gpuBudgetBytes' | 'ramBudgetBytes'>;
  readonly record: EvaluationRecord;
  readonly onProgress: (progress: Progress) => void;
}

/** Memory in bytes. */
export interface Measurement {
  readonly backend: 'webgpu' | 'wasm';
  readonly adapter: string;
  readonly predictionL2: number;
  readonly pooledL2: number;
  /** SHA-256 of the picture's values, float32. */
  readonly imageSha256: string;
  readonly gpu: {
    readonly peakBytes: number;
    readonly budgetBytes: number;
    readonly uploadedBytes: number;
  } | null;
  readonly wasmHeapBytes: number;
  /** All that the page and its workers held at once. */
  readonly pageBytes: number;
  readonly pageSamples: number;
  readonly ramBudgetBytes: number;
  readonly seconds: Readonly<Record<'load' | 'encode' | 'denoise' | 'decode' | 'total', number>>;
}

/** Paints the recorded picture. Throws what the engine throws. */
export async function measure(
  session: Session,
  model: ResolvedModel,
  { engine, record, onProgress }: MeasureOptions,
): Promise<Measurement> {
  const { prompt, side, sigma, noiseFile, noise, pooled, prediction } = record;
  const { defaultRamBudgetBytes } = await session.probe();
  const stopWatching = await watchHeap(session);
  const order = {
    ...{ prompt, seed: 0n, steps: 1, width: side, height: side, count: 1, initNoise: noiseFile, dump: true },
    ...({ sampler: 'turbo', guidance: 'off', precision: 'f32' } as const),
    ...engine,
  };
  const result = await paintInPage(session, model, order, { onProgress });
  const page = await stopWatching();
  const tensor = (name: string): Float32Array => result.images[0]?.dump?.[name]?.data ?? new Float32Array();
  const latents = tensor('latents.0');
  // x' = x - σε for x = σ·noise, so ε = noise - x'/σ.
  const evaluated = noise.map((value, i) => value - (latents[i] ?? NaN) / sigma);
  const { load, encode, denoise, decode, total } = result.ms;
  const milliseconds = Object.entries({ load, encode, denoise, decode, total });
  return {
    backend: result.backend,
    adapter: result.adapter,
    predictionL2: relativeL2(evaluated, prediction),
    pooledL2: relativeL2(tensor('pooled'), pooled),
    imageSha256: createHash('sha256').update(tensor('image')).digest('hex'),
    gpu: result.gpu,
    wasmHeapBytes: result.wasmHeapBytes ?? NaN,
    pageBytes: page.peakBytes,
    pageSamples: page.samples,
    ramBudgetBytes: engine.ramBudgetBytes ?? defaultRamBudgetBytes,
    seconds: Object.fromEntries(
      milliseconds.map(([phase, ms]) => [phase, ms / 1000]),
    ) as Measurement['seconds'],
  };
}

/** A figure in words, with the bar it must not pass if it has one. */
export interface Verdict {
  readonly what: string;
  readonly value: string;
  readonly bar?: string;
  readonly holds: boolean;
}

/** Every figure against its bar. */
export function judge(measured: Measurement): Verdict[] {
  const { backend, gpu, wasmHeapBytes, pageBytes, ramBudgetBytes, seconds } = measured;
  const within = (what: string, value: number, bar: number, show: (value: number) => string): Verdict => ({
    ...{ what, value: show(value), bar: show(bar) },
    holds: value <= bar,
  });
  const fact = (what: string, value: string): Verdict => ({ what, value, holds: true });
  const error = (value: number): string => value.toExponential(1);
  return [
    fact('on', measured.adapter),
    within('UNet evaluation, relative L2', measured.predictionL2, PREDICTION_BAR, error),
    within('pooled text, relative L2', measured.pooledL2, TEXT_BAR, error),
    ...(gpu
      ? [
          within('GPU memory, peak', gpu.peakBytes, gpu.budgetBytes, mib),
          fact('weights sent to the GPU', mib(gpu.uploadedBytes)),
        ]
      : []),
    within('WASM heap', wasmHeapBytes, HEAP_BARS[backend], mib),
    within('page beyond the RAM budget', Math.max(0, pageBytes - ramBudgetBytes), PAGE_BAR, mib),
    fact('picture, SHA-256', measured.imageSha256),
    fact('page in all', `${mib(pageBytes)}, the most of ${measured.pageSamples} samples`),
    ...Object.entries(seconds).map(([phase, value]) => fact(phase, `${value.toFixed(1)} s`)),
  ];
}

function mib(bytes: number): string {
  return `${Math.ceil(bytes / MIB)} MB`;
}
