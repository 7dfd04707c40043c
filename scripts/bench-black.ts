/**
 * @file `npm run bench:black`: how many pictures are black or not finite at each precision, with a model as it is and with the
 * same model made to overflow float16.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { decode } from 'fast-png';
import { PRECISIONS } from '../src/engine/precisions.ts';
import { makePage } from './bench-black/page.ts';
import {
  makeReport,
  summary,
  VARIANTS,
  type BlackJournal,
  type Outcome,
  type Setting,
  type Variant,
} from './bench-black/report.ts';
import { PROJECT } from './build.ts';
import { runWithFlags, type Command } from './headless/command.ts';
import { readEngineFlags, SERIES_FLAGS } from './headless/engine-flags.ts';
import { resolveModel, type ResolvedModel } from './headless/model.ts';
import { makeFolders, writeOutputs } from './headless/outputs.ts';
import { describeInPage, paintInPage, type PictureOrder } from './headless/paint.ts';
import { readPrompts } from './headless/prompts.ts';
import { openSession, type Session } from './headless/session.ts';
import { defined, readInteger, UsageError } from './headless/words.ts';
import { Journal } from './journal.ts';
import { attempt, describeEngine, engineSetting, isSamePicture, pictureName } from './kept-pictures.ts';
import { rescaleModel } from './make-overflow/rescale.ts';
import { writeReport } from './report-page.ts';
import { alignColumns } from './table.ts';

const USAGE = `Usage: npm run bench:black -- [flags]

Paints pictures at f32, bf16 and f16 with a model and with the same model rescaled so that the values inside its VAE leave the
range of float16, and writes DIR/report.html and DIR/report.json. Started again with the same DIR, it goes on where it stopped.
Exit code 1 when a picture at f32 or bf16 is black or not finite, bf16 is more than 3 of 255 from f32 on average, or nothing
overflows at f16.

  --count N              prompts (default 10), painted with the seeds 0, 1, …
  --steps N              default: the model's
  --prompts-file FILE    JSON, a list of texts or of {"prompt"}, taken in turns; needed with --model. Default: the held-out
                         prompts of the embedded model
  --out DIR              default black-report
  --model FOLDER         in the diffusers layout. Default: the embedded model
  --backend auto|webgpu|wasm  --vae full|tiled  --gpu-budget MB  --ram-budget MB  --profile DIR  --accept-licence   as for generate
`;
const EMBEDDED = path.join(PROJECT, 'public/models/emoji');
/** What was 1 in the VAE is then beyond float16. */
const SCALE = 65536;

await runWithFlags(USAGE, SERIES_FLAGS, async (command, values) => {
  const { engine, model, ...where } = readEngineFlags(values, command.folder);
  if (values.precision !== undefined)
    throw new UsageError('every precision is painted; --precision is not expected');
  if (engine.vae === 'tiny')
    throw new UsageError('--vae takes full or tiled; the tiny decoder is not rescaled');
  const listFile = values['prompts-file'];
  if (model !== undefined && listFile === undefined) throw new UsageError('--model needs --prompts-file');
  const listed = await readPrompts(listFile && path.resolve(command.folder, listFile));
  const count = readInteger('count', values.count) ?? 10;
  const prompts = Array.from({ length: count }, (_, i) => listed[i % listed.length]?.prompt ?? '');
  const steps = readInteger('steps', values.steps);
  const out = path.resolve(command.folder, values.out ?? 'black-report');

  const usual = model === undefined ? EMBEDDED : path.resolve(command.folder, model);
  if (!existsSync(path.join(usual, 'model_index.json')))
    throw new UsageError(`${usual} is no model in the diffusers layout`);
  await makeFolders(VARIANTS.map((variant) => path.join(out, variant)));
  const models = {
    usual: resolveModel(usual, command.folder),
    overflowing: resolveModel(await overflowing(usual, out), command.folder),
  };
  const session = await openSession(command, { ...where, needsWebgpu: engine.backend === 'webgpu' });
  const order = { ...engine, ...defined('steps', steps), count: 1, guidance: 'auto', dump: false } as const;
  const bench: Bench = { command, session, models, order, out };
  const journal = await paintAll(bench, prompts);
  const read = (file: string): Uint8Array => readFileSync(path.join(out, file));
  const report = makeReport(
    journal.setting,
    journal.entries.filter(({ index, prompt }) => prompts[index] === prompt),
    (file) => Uint8Array.from(decode(read(file)).data),
  );
  await writeReport(out, report, makePage(report, read));
  process.stdout.write(`${alignColumns(summary(report)).join('\n')}\n`);
  for (const wrong of report.wrong) process.stdout.write(`wrong: ${wrong}\n`);
  process.stdout.write(`${path.join(out, 'report.html')}\n`);
  command.holds = report.wrong.length === 0;
});

interface Bench {
  readonly command: Command;
  readonly session: Session;
  readonly models: Readonly<Record<Variant, ResolvedModel>>;
  readonly order: Omit<PictureOrder, 'prompt' | 'seed'>;
  /** Absolute path of the folder for everything. */
  readonly out: string;
}

/** The folder of the rescaled model, made if there is none of these weights yet. */
async function overflowing(model: string, out: string): Promise<string> {
  const folder = path.join(out, `model-${await fingerprint(model)}`);
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await rescaleModel({ model, out: unfinished, components: ['vae'], scale: SCALE });
  await rename(unfinished, folder);
  return folder;
}

/** Changes with the files of a folder, by their sizes and times: their bytes may be many. */
async function fingerprint(folder: string): Promise<string> {
  const hash = createHash('sha256');
  for (const name of (await readdir(folder, { recursive: true })).toSorted()) {
    const { size, mtimeMs } = await stat(path.join(folder, name));
    hash.update(`${name} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex').slice(0, 12);
}

/** Every prompt at every precision, one model after the other; what the journal knows is left alone. */
async function paintAll(bench: Bench, prompts: readonly string[]): Promise<BlackJournal> {
  const { command, out } = bench;
  const journal = await command.unlessStopped(openJournal(bench));
  await command.unlessStopped(checkSame(bench, journal));
  const all = VARIANTS.length * prompts.length * PRECISIONS.length;
  for (const variant of VARIANTS) {
    for (const [index, prompt] of prompts.entries()) {
      for (const precision of PRECISIONS) {
        const isSame = (one: Outcome): boolean =>
          one.variant === variant &&
          one.index === index &&
          one.precision === precision &&
          one.prompt === prompt;
        if (journal.entries.some(isSame)) continue;
        const order = { ...bench.order, prompt, seed: BigInt(index), precision };
        const painted = await command.unlessStopped(paintOne(bench, bench.models[variant], order));
        const file = painted.png ? `${variant}/${pictureName(prompt, index)}-${precision}.png` : null;
        if (file !== null && painted.png)
          await writeOutputs([{ name: file, file: path.join(out, file), bytes: painted.png }]);
        const { black, error } = painted;
        await journal.add({ variant, precision, index, prompt, file, black, error });
        command.note(
          `${journal.entries.length} of ${all}: ${variant}, ${prompt}, ${precision}${error ? `, ${error.code}` : ''}`,
        );
      }
    }
  }
  return journal;
}

/** What this machine and model are called comes from a picture that is not counted. */
async function openJournal({ session, models, order, out }: Bench): Promise<BlackJournal> {
  const described = await describeInPage(session, models.usual);
  const warm = { ...order, prompt: '', seed: 0n, steps: 1 };
  const engine = engineSetting(order, await paintInPage(session, models.usual, warm));
  const setting: Setting = { model: described.name, ...engine, steps: order.steps ?? described.steps };
  const describe = ({ model, steps, ...on }: Setting): string =>
    `${model} on ${describeEngine(on)}, ${steps} steps`;
  return Journal.open<Setting, Outcome>(path.join(out, 'journal.jsonl'), setting, describe, ({ file }) =>
    file === null ? [] : [path.join(out, file)],
  );
}

/** A picture of the journal by each model, painted again, has to come out the same; else a model or the engine is another. */
async function checkSame(bench: Bench, { entries }: BlackJournal): Promise<void> {
  for (const variant of VARIANTS) {
    const before = entries.find((one) => one.variant === variant && one.file !== null);
    if (!before?.file) continue;
    const { prompt, index, precision } = before;
    const order = { ...bench.order, prompt, seed: BigInt(index), precision };
    const { png } = await paintOne(bench, bench.models[variant], order);
    const file = path.join(bench.out, before.file);
    if (!png || !isSamePicture(await readFile(file), png))
      throw new UsageError(`${file} does not come out the same any more; name another --out`);
  }
}

async function paintOne(
  { session }: Bench,
  model: ResolvedModel,
  order: PictureOrder,
): Promise<Pick<Outcome, 'black' | 'error'> & { png?: Uint8Array }> {
  const outcome = await attempt(paintInPage(session, model, order));
  if ('refused' in outcome) return { black: false, error: outcome.refused };
  const [image] = outcome.result.images;
  return { black: image?.black ?? false, error: null, ...(image && { png: image.png }) };
}
