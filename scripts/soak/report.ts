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
interface Bar {
  readonly name: string;
  readonly of: (sample: Sample) => number | null;
  readonly share: number;
}

const BARS: readonly Bar[] = [
  { name: 'GPU memory', of: ({ gpu }) => gpu, share: 0.01 },
  { name: 'the WASM heap', of: ({ wasm }) => wasm, share: 0.05 },
  // Among the objects is what the browser compiles of code that runs often, which goes on for hundreds of pictures.
  { name: 'the JavaScript heap', of: ({ objects, buffers }) => objects + buffers, share: 0.05 },
];

/** How something watched has changed from the first sample to the last. */
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
  const last = samples.at(-1);
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
    ...(last
      ? [['of it objects', byteSize(last.objects), `and array buffers ${byteSize(last.buffers)}`]]
      : []),
  ];
}

/** Of what the backend has. */
function growths({ samples }: SoakReport): Growth[] {
  const [first] = samples;
  const last = samples.at(-1);
  if (!first || !last) return [];
  return BARS.flatMap(({ name, of, share }) => {
    const [was, is] = [of(first), of(last)];
    if (was === null || is === null) return [];
    const growth = was === is ? 0 : is / was - 1;
    const amounts = `${byteSize(was)} → ${byteSize(is)}`;
    return [{ name, amounts, growth, share, isTooMuch: is - was > share * was }];
  });
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
