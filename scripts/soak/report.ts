/** @file What a soak comes to: pictures that failed, and what memory is held at its beginning and at its end. */
import { byteSize } from '../../src/ui/parts/byte-size.ts';

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
  /** The last is compared with the first, and with that at half. */
  readonly samples: readonly Sample[];
}

/** Memory that is watched, and the share it may grow by. */
interface Bar {
  readonly name: string;
  readonly of: (sample: Sample) => number | null;
  readonly share: number;
  /** It is compared with the first sample from half of the pictures on; otherwise with the first of all. */
  readonly sinceHalf?: true;
}

const BARS: readonly Bar[] = [
  { name: 'GPU memory', of: ({ gpu }) => gpu, share: 0.01 },
  { name: 'the WASM heap', of: ({ wasm }) => wasm, share: 0.05 },
  { name: 'the JavaScript heap', of: ({ objects, buffers }) => objects + buffers, share: 0.05 },
  // Among the objects is what the browser compiles of code that runs often, which goes on for hundreds of pictures.
  { name: 'JavaScript objects since half', of: ({ objects }) => objects, share: 0.05, sinceHalf: true },
];

/** How something watched has changed up to the last sample. */
interface Growth {
  readonly name: string;
  readonly amounts: string;
  readonly growth: number;
  readonly share: number;
  readonly isTooMuch: boolean;
}

/** One sentence for everything that is wrong. */
export function soakFailures(report: SoakReport): string[] {
  const { failed, nonFinite } = report;
  return [
    ...(failed.length > 0 ? [`${failed.length} pictures are none; the first: ${failed[0]?.what ?? ''}`] : []),
    ...(nonFinite > 0 ? [`${nonFinite} pictures have values that are not finite`] : []),
    ...growths(report)
      .filter(({ isTooMuch }) => isTooMuch)
      .map(
        ({ name, amounts, growth, share }) =>
          `${name} grew by ${percent(growth)}, ${amounts}; the bar is ${percent(share)}`,
      ),
  ];
}

/** The table for people. */
export function soakRows(report: SoakReport): string[][] {
  const { setting, painted, failed, nonFinite, seconds, samples } = report;
  const { model, backend, adapter, precision, steps } = setting;
  const [first, last] = [samples[0], samples.at(-1)];
  const row = (name: string, of: (sample: Sample) => number): string[] =>
    first && last ? [name, change(of(first), of(last))] : [];
  return [
    [`${model}, ${steps} ${steps === 1 ? 'step' : 'steps'}, on ${backend}, ${adapter}, ${precision}`],
    ['pictures', String(painted), `${(seconds / Math.max(1, painted)).toFixed(2)} s each`],
    ['black, uniform or refused', String(failed.length)],
    ['not finite', String(nonFinite)],
    ...growths(report).map(({ name, amounts, growth, share }) => [
      name,
      amounts,
      `${percent(growth)}, bar ${percent(share)}`,
    ]),
    row('JavaScript objects', ({ objects }) => objects),
    row('array buffers', ({ buffers }) => buffers),
  ];
}

/** Of what the backend has. */
function growths({ samples, painted }: SoakReport): Growth[] {
  const [first] = samples;
  const half = samples.find(({ pictures }) => pictures >= painted / 2);
  const last = samples.at(-1);
  if (!first || !half || !last) return [];
  return BARS.flatMap(({ name, of, share, sinceHalf }) => {
    const [was, is] = [of(sinceHalf ? half : first), of(last)];
    if (was === null || is === null) return [];
    const growth = was === is ? 0 : is / was - 1;
    return [{ name, amounts: change(was, is), growth, share, isTooMuch: is - was > share * was }];
  });
}

function change(was: number, is: number): string {
  return `${byteSize(was)} → ${byteSize(is)}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
