/**
 * @file Paints every prompt in every way, turn by turn in one page, so that what is compared met the same machine. What a
 * journal says is painted already is left alone.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { decode } from 'fast-png';
import type { GenerateResult } from '../../src/engine/protocol.ts';
import type { EngineArguments } from '../headless/engine-flags.ts';
import { writeOutputs } from '../headless/outputs.ts';
import type { ResolvedModel } from '../headless/model.ts';
import { paintInPage } from '../headless/paint.ts';
import type { ListedPrompt } from '../headless/prompts.ts';
import type { Session } from '../headless/session.ts';
import { UsageError } from '../headless/words.ts';
import type { Arm } from './arms.ts';
import { findPainted, openJournal, type Painted, type Setting, type TurboJournal } from './journal.ts';

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
/** What painting the same again may differ by, of 255, on average. */
const SAME = 2;

/** The first prompts of a list with so many seeds each. */
export function planRounds(prompts: readonly ListedPrompt[], seeds: number): Round[] {
  return Array.from({ length: seeds }, (_, k) =>
    prompts.map((prompt, index): Round => {
      const seed = (prompt.seed ?? FIRST_SEED + index) + k;
      return { prompt, seed, file: `${String(index).padStart(3, '0')}-${seed}.png` };
    }),
  ).flat();
}

/** Every arm once in every round, in turns forwards and backwards. */
export async function paintRounds(bench: Bench, rounds: readonly Round[]): Promise<TurboJournal> {
  const painter = new Painter(bench);
  const setting = await painter.begin(rounds[0]);
  const journal = await openJournal(path.join(bench.out, 'journal.jsonl'), setting);
  await painter.checkSame(journal);
  const all = rounds.length * bench.arms.length;
  let done = 0;
  for (const [index, round] of rounds.entries()) {
    for (const arm of index % 2 === 0 ? bench.arms : bench.arms.toReversed()) {
      done++;
      if (findPainted(journal, arm.id, round.prompt.prompt, round.seed)) continue;
      const { images, ...result } = await painter.paint(arm, round.prompt.prompt, round.seed);
      const [image] = images;
      if (!image) throw new Error('the engine answered without a picture');
      const file = path.join(bench.out, arm.id, round.file);
      await writeOutputs([{ name: file, file, bytes: image.png }]);
      await journal.add(painted(arm, round, result, image));
      const seconds = (result.ms.denoise / 1000).toFixed(2);
      bench.log(`${done} of ${all}: ${arm.id}, ${round.file}, denoised in ${seconds} s`);
    }
  }
  return journal;
}

/** Paints, and sees to it that nothing is measured that is done for the first time. */
class Painter {
  readonly #bench: Bench;
  readonly #warm = new Set<string>();
  #open: Arm['by'] | undefined;

  constructor(bench: Bench) {
    this.#bench = bench;
  }

  /** What the pictures will have in common. */
  async begin(round: Round | undefined): Promise<Setting> {
    const names = new Map<Arm['by'], string>();
    let setting: Pick<Setting, 'backend' | 'adapter' | 'precision'> | undefined;
    for (const arm of this.#bench.arms) {
      const { model, backend, adapter, precision } = await this.#warmUp(arm, round?.prompt.prompt ?? '');
      names.set(arm.by, model.name);
      setting = { backend, adapter, precision };
    }
    if (!setting) throw new Error('there is nothing to compare');
    return { model: names.get('model') ?? '', teacher: names.get('teacher') ?? null, ...setting };
  }

  /** A picture of the journal, painted again, has to come out the same; else the model or the engine is another one. */
  async checkSame({ entries }: TurboJournal): Promise<void> {
    const [arm] = this.#bench.arms;
    const before = entries.find((one) => one.arm === arm?.id);
    if (!arm || !before) return;
    this.#bench.log(`${entries.length} pictures are there already`);
    const file = path.join(this.#bench.out, arm.id, before.file);
    const { images } = await this.paint(arm, before.prompt, before.seed);
    const [was, is] = [await readFile(file), images[0]?.png ?? new Uint8Array()].map(
      (png) => decode(png).data,
    );
    let difference = 0;
    for (let i = 0; i < (was?.length ?? 0); i++) difference += Math.abs((was?.[i] ?? 0) - (is?.[i] ?? 0));
    if (was?.length === is?.length && difference / (was?.length ?? 1) <= SAME) return;
    throw new UsageError(`${file} does not come out the same any more; name another --out`);
  }

  async paint(arm: Arm, prompt: string, seed: number): Promise<GenerateResult> {
    if (this.#open !== arm.by || !this.#warm.has(arm.id)) await this.#warmUp(arm, prompt);
    return this.#order(arm, prompt, seed, arm.order.steps);
  }

  async #warmUp(arm: Arm, prompt: string): Promise<GenerateResult> {
    const result = await this.#order(arm, prompt, 0, 1);
    this.#open = arm.by;
    this.#warm.add(arm.id);
    return result;
  }

  #order(arm: Arm, prompt: string, seed: number, steps: number | undefined): Promise<GenerateResult> {
    const { session, models, engine } = this.#bench;
    const model = models[arm.by];
    if (!model) throw new Error('there is no teacher');
    return paintInPage(session, model, {
      ...{ ...engine, ...arm.order, ...(steps !== undefined && { steps }) },
      ...({ prompt, seed: BigInt(seed), count: 1, dump: false } as const),
    });
  }
}

function painted(
  arm: Arm,
  { prompt: { prompt }, seed, file }: Round,
  { guidance, unetEvaluations, ms, gpu, wasmHeapBytes }: Omit<GenerateResult, 'images'>,
  { width, height, black, nonFinite }: GenerateResult['images'][number],
): Painted {
  const { encode, denoise, decode: decoding } = ms;
  return {
    ...{ arm: arm.id, file, prompt, seed, width, height, guidance, unetEvaluations },
    ms: { encode, denoise, decode: decoding },
    ...{ gpuPeakBytes: gpu?.peakBytes ?? null, wasmHeapBytes, black, nonFinite },
  };
}
