/** @file Paints the same pictures in several ways, turn by turn, in one page of one browser. */
import type { ResolvedModel } from '../headless/model.ts';
import { paintInPage, type PictureOrder } from '../headless/paint.ts';
import type { Session } from '../headless/session.ts';

/** One way of painting some pictures. */
export interface Arm {
  readonly name: string;
  /** Painted one after another; the time is that of all. */
  readonly orders: readonly PictureOrder[];
}

/** Encoding, denoising and decoding; opening the model is not among it. Memory in bytes. */
interface Sample {
  readonly ms: number;
  readonly uploadedBytes: number;
  readonly peakBytes: number;
}

/** By arm, one sample for each round. */
export type Samples = ReadonlyMap<string, readonly Sample[]>;

/**
 * Every arm once in every round, in turns forwards and backwards. Before each is measured it paints once unmeasured,
 * so that what it keeps is where it keeps it.
 */
export async function paintRounds(
  session: Session,
  model: ResolvedModel,
  { arms, rounds, log }: { arms: readonly Arm[]; rounds: number; log: (line: string) => void },
): Promise<Samples> {
  const samples = new Map<string, Sample[]>(arms.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const { name, orders } of round % 2 === 0 ? arms : arms.toReversed()) {
      const [first] = orders;
      if (first) await paintInPage(session, model, first);
      const sample = { ms: 0, uploadedBytes: 0, peakBytes: 0 };
      for (const order of orders) {
        const result = await paintInPage(session, model, order);
        sample.ms += result.ms.total - result.ms.load;
        sample.uploadedBytes += result.gpu?.uploadedBytes ?? 0;
        sample.peakBytes = Math.max(sample.peakBytes, result.gpu?.peakBytes ?? 0);
      }
      samples.get(name)?.push(sample);
      log(`round ${round + 1} of ${rounds}: ${name}, ${(sample.ms / 1000).toFixed(2)} s`);
    }
  }
  return samples;
}
