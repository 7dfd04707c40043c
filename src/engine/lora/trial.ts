/**
 * @file Tries a LoRA out: one evaluation of the UNet, then test pictures, each with it and without. What it does to the
 * pictures is measured, so that nobody has to find out by being disappointed.
 */
import { toPlainError } from '../../error.ts';
import { decodePng } from '../../image/png.ts';
import { pictureFigures } from '../../lora/picture-figures.ts';
import { pairConcerns, refusalConcern } from '../../lora/trial-limits.ts';
import type { FailedPicture, LoraTrial, TestPair, TestPicture } from '../../lora/trial-report.ts';
import type { Backend } from '../../runtime/backend.ts';
import { generate } from '../generate.ts';
import type { Budgets } from '../memory.ts';
import type { Model } from '../model.ts';
import type { GeneratedImage, GenerateRequest, Progress } from '../protocol/generate.ts';
import type { AppliedLora, LoraUse } from '../protocol/lora.ts';
import type { TrialHandlers, TrialOrder } from '../protocol/lora-desk.ts';
import { evaluateOnce } from './evaluation.ts';
import type { ModelLoras } from './model-loras.ts';

const PROMPT = 'a red apple';
/** Of the first of the test pictures; the others follow. */
const SEED = 1n;
const PICTURES = 3;
/** Evaluations and lots of pictures, each without the LoRA and with it. */
const TRIAL_PARTS = 4;

/** What a trial works with. */
export interface TrialBench {
  readonly backend: Backend;
  readonly model: Model;
  readonly loras: ModelLoras;
  readonly budgets: Budgets;
}

/**
 * Tries a LoRA that has been admitted.
 * @param handlers whose progress counts {@link TRIAL_PARTS}
 * @throws AppError as painting does; but what the watchdog lets not through is a concern, and of a picture its failure
 */
export async function tryLora(
  bench: TrialBench,
  order: TrialOrder,
  handlers: TrialHandlers,
): Promise<LoraTrial> {
  const { backend, model, loras, budgets } = bench;
  const { weight, settings, prompt = PROMPT } = order;
  const { signal, onProgress } = handlers;
  const request: GenerateRequest = {
    ...settings,
    model: order.model,
    prompt,
    seed: SEED,
    count: PICTURES,
    guidance: 'auto',
    dump: false,
    previews: false,
  };
  const use = (uses: readonly LoraUse[]): Promise<AppliedLora[]> => loras.use({ loras: uses }, signal);
  const paint = async (done: number, applied: readonly AppliedLora[]) => {
    let furthest = done;
    const paintSeeds = async (first: number, count: number): Promise<TestPicture[]> => {
      const onPart = (progress: Progress): void => {
        furthest = Math.max(furthest, done + (first + count * shareOf(progress)) / PICTURES);
        onProgress?.(furthest, TRIAL_PARTS);
      };
      const order = { ...request, seed: SEED + BigInt(first), count };
      const handling = { ...(signal && { signal }), onProgress: onPart };
      const { images } = await generate(backend, model, order, handling, {
        budgets,
        loadMs: 0,
        loras: applied,
      });
      return images.map(testPicture);
    };
    const all = await orRefused(paintSeeds(0, PICTURES));
    if (!('failure' in all)) return all;
    // One that is refused takes the others along; each by itself shows which.
    const pictures: (TestPicture | FailedPicture)[] = [];
    for (let i = 0; i < PICTURES; i++) {
      const alone = await orRefused(paintSeeds(i, 1));
      pictures.push(...('failure' in alone ? [alone] : alone));
    }
    return pictures;
  };

  await use([]);
  const plain = await evaluateOnce(backend, model, request, budgets, signal);
  onProgress?.(1, TRIAL_PARTS);
  const applied = await use([{ lora: order.lora, weight }]);
  const output = await orRefused(evaluateOnce(backend, model, request, budgets, signal));
  onProgress?.(2, TRIAL_PARTS);
  if ('failure' in output) {
    const concerns = [refusalConcern(output.failure)].filter((concern) => concern !== undefined);
    const nonFinite = concerns.find(({ kind }) => kind === 'finite')?.value ?? 0;
    return { prompt, weight, evaluation: { nonFinite, moved: 0 }, pairs: [], concerns };
  }
  const found = { prompt, weight, evaluation: { nonFinite: 0, moved: relativeDistance(output, plain) } };
  const withLora = await paint(2, applied);
  await use([]);
  const without = await paint(3, []);
  const pairs = withLora.flatMap((picture, i): TestPair[] => {
    const other = without[i];
    return other ? [{ seed: SEED + BigInt(i), plain: other, adapted: picture }] : [];
  });
  return { ...found, pairs, concerns: pairConcerns(pairs) };
}

/** How far painting is; nearly all of it is denoising. */
function shareOf({ phase, done, total }: Progress): number {
  return phase === 'denoise' ? done / total : phase === 'decode' ? 1 : 0;
}

function testPicture({ png }: GeneratedImage): TestPicture {
  return { png, figures: pictureFigures(decodePng(png)) };
}

function relativeDistance(a: Float32Array, b: Float32Array): number {
  let [difference, size] = [0, 0];
  b.forEach((value, i) => {
    difference += ((a[i] ?? NaN) - value) ** 2;
    size += value ** 2;
  });
  return Math.sqrt(difference / size);
}

/** What the work comes to, or why the watchdog let nothing through. */
async function orRefused<T extends object>(work: Promise<T>): Promise<T | FailedPicture> {
  try {
    return await work;
  } catch (error) {
    const failure = toPlainError(error);
    if (refusalConcern(failure)) return { failure };
    throw error;
  }
}
