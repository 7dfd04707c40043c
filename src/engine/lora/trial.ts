/**
 * @file Tries a LoRA out: one evaluation of the UNet, then test pictures, each with it and without. What it does to the
 * pictures is measured, so that nobody has to find out by being disappointed.
 */
import { isAppError, type AppError } from '../../error.ts';
import { decodePng } from '../../image/png.ts';
import { pictureFigures } from '../../lora/picture-figures.ts';
import { pairConcerns } from '../../lora/trial-limits.ts';
import type { LoraTrial, TestPair, TestPicture, TrialConcern } from '../../lora/trial-report.ts';
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
 * @throws AppError as painting without the LoRA does; what goes wrong with it is a concern
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
  const paint = async (done: number, applied: readonly AppliedLora[]): Promise<TestPicture[]> => {
    const report = (progress: Progress): void => onProgress?.(done + shareOf(progress), TRIAL_PARTS);
    const handling = { ...(signal && { signal }), onProgress: report };
    const preparation = { budgets, loadMs: 0, loras: applied };
    const { images } = await generate(backend, model, request, handling, preparation);
    return images.map(testPicture);
  };

  await use([]);
  const plain = await evaluateOnce(backend, model, request, budgets, signal);
  onProgress?.(1, TRIAL_PARTS);
  const applied = await use([{ lora: order.lora, weight }]);
  const output = await orConcern(evaluateOnce(backend, model, request, budgets, signal));
  onProgress?.(2, TRIAL_PARTS);
  if (isConcern(output)) {
    const nonFinite = output.kind === 'finite' ? output.value : 0;
    return { prompt, weight, evaluation: { nonFinite, moved: 0 }, pairs: [], concerns: [output] };
  }
  const found = { prompt, weight, evaluation: { nonFinite: 0, moved: relativeDistance(output, plain) } };
  const withLora = await orConcern(paint(2, applied));
  await use([]);
  if (isConcern(withLora)) return { ...found, pairs: [], concerns: [withLora] };
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

/** What the work comes to, or what is wrong with it where the watchdog lets nothing through. */
async function orConcern<T>(work: Promise<T>): Promise<T | TrialConcern> {
  try {
    return await work;
  } catch (error) {
    if (!isAppError(error)) throw error;
    if (error.code === 'image/not-finite')
      return { kind: 'finite', value: (error as AppError<'image/not-finite'>).detail.count, limit: 0 };
    // Where there is nothing to be seen, there is no outline either.
    if (error.code === 'image/uniform' || error.code === 'image/zeros')
      return { kind: 'outline', value: 0, limit: 1 };
    throw error;
  }
}

function isConcern(result: Float32Array | readonly TestPicture[] | TrialConcern): result is TrialConcern {
  return 'kind' in result;
}
