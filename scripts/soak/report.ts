/** @file What a soak comes to: pictures that failed, and what memory is held at its beginning and at its end. */
import { byteSize } from '../../src/ui/byte-size.ts';

/** What is held after so many pictures, in bytes; `null` where the backend has none. */
export interface Sample {
  readonly pictures: number;
  /** By the ledger, once the picture has given back what it took. */
  readonly gpu: number | null;
  readonly wasm: number | null;
  /** JavaScript objects of the page and its worker, after a garbage collection. */
  readonly objects: number;
  /** The memory behind their array buffers. */
  readonly buffers: number;
}

/** A picture that is none. */
export interface FailedPicture {
  readonly picture: number;
  readonly prompt: string;
  readonly seed: number;
  /** `black`, `uniform`, or the code and sentence of an error. */
  readonly what: string;
}

export interface SoakReport {
  readonly setting: {
    readonly model: string;
    readonly backend: string;
    readonly adapter: string;
    readonly precision: string;
    readonly steps: number;
    readonly count: number;
  };
  readonly painted: number;
  /** How many of the pictures have values that are not finite. */
  readonly nonFinite: number;
  readonly failed: readonly FailedPicture[];
  /** Of all pictures so far. */
  readonly seconds: number;
  /** The first is what the last is compared with. */
  readonly samples: readonly Sample[];
}

/** Memory that is watched, and the share it may grow by. */
const BARS = [
  ['gpu', 'GPU memory', 0.01],
  ['wasm', 'the WASM heap', 0.05],
  ['objects', 'JavaScript objects', 0.05],
  ['buffers', 'array buffers', 0.05],
] as const;

/** One sentence for everything that is wrong. */
export function soakFailures({ failed, nonFinite, samples }: SoakReport): string[] {
  const [first] = samples;
  const last = samples.at(-1);
  return [
    ...(failed.length > 0 ? [`${failed.length} pictures are none; the first: ${failed[0]?.what ?? ''}`] : []),
    ...(nonFinite > 0 ? [`${nonFinite} pictures have values that are not finite`] : []),
    ...BARS.flatMap(([kind, name, share]) => {
      const growth = growthOf(first?.[kind], last?.[kind]);
      if (growth === undefined || growth <= share) return [];
      const [was, is] = [first?.[kind] ?? 0, last?.[kind] ?? 0].map(byteSize);
      return [`${name} grew by ${percent(growth)}, from ${was} to ${is}; the bar is ${percent(share)}`];
    }),
  ];
}

/** The table for people. */
export function soakRows({ setting, painted, failed, nonFinite, seconds, samples }: SoakReport): string[][] {
  const [first] = samples;
  const last = samples.at(-1);
  const { model, backend, adapter, precision, steps } = setting;
  return [
    [`${model}, ${steps} ${steps === 1 ? 'step' : 'steps'}, on ${backend}, ${adapter}, ${precision}`],
    ['pictures', String(painted), `${(seconds / Math.max(1, painted)).toFixed(2)} s each`],
    ['black, uniform or refused', String(failed.length)],
    ['not finite', String(nonFinite)],
    ...BARS.flatMap(([kind, name, share]) => {
      const growth = growthOf(first?.[kind], last?.[kind]);
      if (growth === undefined) return [];
      const [was, is] = [first?.[kind] ?? 0, last?.[kind] ?? 0].map(byteSize);
      return [[name, `${was} → ${is}`, `${percent(growth)}, bar ${percent(share)}`]];
    }),
  ];
}

/** By which share something has grown; `undefined` where there is nothing to compare. */
function growthOf(first: number | null | undefined, last: number | null | undefined): number | undefined {
  if (typeof first !== 'number' || typeof last !== 'number') return undefined;
  return first === last ? 0 : last / first - 1;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
