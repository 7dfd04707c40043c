/**
 * @file Paints every prompt in every way, turn by turn in one page, so that what is compared met the same machine. What a
 * journal says is painted already is left alone.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { GenerateResult } from '../../src/engine/protocol/generate.ts';
import type { EngineArguments } from '../headless/engine-flags.ts';
import { writeOutputs } from '../headless/outputs.ts';
import type { ResolvedModel } from '../headless/model.ts';
import { paintInPage, type PictureOrder } from '../headless/paint.ts';
import type { ListedPrompt } from '../headless/prompts.ts';
import type { Session } from '../headless/session.ts';
import { UsageError } from '../headless/words.ts';
import type { Arm } from './arms.ts';
import { attempt, engineSetting, isSamePicture, pictureName, type EngineSetting } from '../kept-pictures.ts';
import {
  findRound,
  openJournal,
  type Painted,
  type Refused,
  type Setting,
  type TurboJournal,
} from './journal.ts';

/** A prompt with a seed: what every arm paints once. */
export interface Round {
  readonly prompt: ListedPrompt;
  readonly seed: number;
  /** Name of its pictures. */
  readonly file: string;
}

export interface Bench {
  readonly session: Session;
  readonly models: { readonly model: ResolvedModel; readonly teacher: ResolvedModel | undefined };
  readonly arms: readonly Arm[];
  readonly engine: EngineArguments['engine'];
  /** Absolute path of the folder for pictures and journal. */
  readonly out: string;
  readonly log: (line: string) => void;
}

/** For prompts that bring no seed. */
const FIRST_SEED = 1000;

/** The first prompts of a list with so many seeds each. */
export function planRounds(prompts: readonly ListedPrompt[], seeds: number): Round[] {
  return Array.from({ length: seeds }, (_, k) =>
    prompts.map((prompt, index): Round => {
      const seed = (prompt.seed ?? FIRST_SEED + index) + k;
      return { prompt, seed, file: `${pictureName(prompt.prompt, seed)}.png` };
    }),
  ).flat();
}

/** Every arm once in every round, in turns forwards and backwards. A round that was interrupted begins anew. */
export async function paintRounds(bench: Bench, rounds: readonly Round[]): Promise<TurboJournal> {
  const painter = new Painter(bench);
  const setting = await painter.begin(rounds[0]);
  const journal = await openJournal(bench.out, setting);
  await painter.checkSame(journal);
  for (const [index, round] of rounds.entries()) {
    if (findRound(journal, round.prompt.prompt, round.seed)) continue;
    const pictures: (Painted | Refused)[] = [];
    for (const arm of index % 2 === 0 ? bench.arms : bench.arms.toReversed()) {
      const picture = await paintOne(bench, painter, arm, round);
      pictures.push(picture);
      const outcome =
        'refused' in picture
          ? picture.refused.code
          : `denoised in ${(picture.ms.denoise / 1000).toFixed(2)} s`;
      bench.log(`${index + 1} of ${rounds.length}: ${arm.id}, ${round.file}, ${outcome}`);
    }
    await journal.add(pictures);
  }
  return journal;
}

async function paintOne(bench: Bench, painter: Painter, arm: Arm, round: Round): Promise<Painted | Refused> {
  const { prompt, seed, file } = { ...round, prompt: round.prompt.prompt };
  const outcome = await attempt(painter.paint(arm, prompt, seed));
  const ordered = { arm: arm.id, file, prompt, seed };
  if ('refused' in outcome) return { ...ordered, refused: outcome.refused };
  const { images, guidance, unetEvaluations, ms, gpu, wasmHeapBytes } = outcome.result;
  const [image] = images;
  if (!image) throw new Error('the engine answered without a picture');
  const place = path.join(bench.out, arm.id, file);
  await writeOutputs([{ name: place, file: place, bytes: image.png }]);
  const { width, height, black, nonFinite } = image;
  return {
    ...{ ...ordered, width, height, guidance, unetEvaluations },
    ms: { encode: ms.encode, denoise: ms.denoise, decode: ms.decode },
    ...{ gpuPeakBytes: gpu?.peakBytes ?? null, wasmHeapBytes, black, nonFinite },
  };
}

/** Paints, and sees to it that nothing is measured that is done for the first time. */
class Painter {
  readonly #bench: Bench;
  readonly #warm = new Set<string>();
  #open: Arm['by'] | undefined;

  constructor(bench: Bench) {
    this.#bench = bench;
  }

  /** What the pictures will have in common; found out at float32, where no picture is refused for its precision. */
  async begin(round: Round | undefined): Promise<Setting> {
    const names = new Map<Arm['by'], string>();
    const { arms, engine } = this.#bench;
    let setting: EngineSetting | undefined;
    for (const arm of arms) {
      if (names.has(arm.by)) continue;
      const result = await this.#order(arm, round?.prompt.prompt ?? '', 0, { steps: 1, precision: 'f32' });
      this.#open = arm.by;
      names.set(arm.by, result.model.name);
      setting = engineSetting(engine, result);
    }
    if (!setting) throw new Error('there is nothing to compare');
    const [model = '', teacher = null] = [names.get('model'), names.get('teacher')];
    return { model, teacher, ...setting, precision: engine.precision };
  }

  /** A picture of the journal by each model, painted again, has to come out the same; else a model or the engine is another. */
  async checkSame({ entries }: TurboJournal): Promise<void> {
    const { arms, out, log } = this.#bench;
    if (entries.length > 0) log(`${entries.length} rounds are there already`);
    const pictures = entries.flat().filter((one) => !('refused' in one));
    const checked = new Set<Arm['by']>();
    for (const arm of arms) {
      const before = pictures.find((one) => one.arm === arm.id);
      if (!before || checked.has(arm.by)) continue;
      checked.add(arm.by);
      const file = path.join(out, arm.id, before.file);
      const again = await attempt(this.paint(arm, before.prompt, before.seed));
      const [image] = 'result' in again ? again.result.images : [];
      if (!image || !isSamePicture(await readFile(file), image.png))
        throw new UsageError(`${file} does not come out the same any more; name another --out`);
    }
  }

  async paint(arm: Arm, prompt: string, seed: number): Promise<GenerateResult> {
    if (this.#open !== arm.by || !this.#warm.has(arm.id)) await this.#warmUp(arm, prompt);
    return this.#order(arm, prompt, seed);
  }

  /** Also a picture that is refused has been painted. */
  async #warmUp(arm: Arm, prompt: string): Promise<void> {
    await attempt(this.#order(arm, prompt, 0, { steps: 1 }));
    this.#open = arm.by;
    this.#warm.add(arm.id);
  }

  #order(
    arm: Arm,
    prompt: string,
    seed: number,
    others: Partial<PictureOrder> = {},
  ): Promise<GenerateResult> {
    const { session, models, engine } = this.#bench;
    const model = models[arm.by];
    if (!model) throw new Error('there is no teacher');
    const order = { prompt, seed: BigInt(seed), count: 1, dump: false } as const;
    return paintInPage(session, model, { ...engine, ...arm.order, ...order, ...others });
  }
}
