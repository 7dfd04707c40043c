/**
 * @file `npm run bench:turbo`: four Turbo steps beside thirty of Euler ancestral. Every prompt is painted in each way after
 * one another in one page; times, memory, figures and scores go into one HTML file with all pictures, and into JSON.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { decode } from 'fast-png';
import { planArms, type Plan } from './bench-turbo/arms.ts';
import { banding, lumaOf, sharpness } from './bench-turbo/figures.ts';
import { findRound, type Refused, type TurboJournal } from './bench-turbo/journal.ts';
import { makePage } from './bench-turbo/page.ts';
import { barFigure, makeReport, type Measured, type TurboReport } from './bench-turbo/report.ts';
import { paintRounds, planRounds, type Bench, type Round } from './bench-turbo/rounds.ts';
import { judge, readVerdicts } from './bench-turbo/scores.ts';
import { runWithFlags, type Command } from './headless/command.ts';
import { ENGINE_FLAGS, readEngineFlags } from './headless/engine-flags.ts';
import { resolveModel } from './headless/model.ts';
import { makeFolders } from './headless/outputs.ts';
import { describeInPage } from './headless/paint.ts';
import { readPrompts } from './headless/prompts.ts';
import { openSession } from './headless/session.ts';
import { readInteger, UsageError } from './headless/words.ts';
import { writeReport } from './report-page.ts';
import { alignColumns } from './table.ts';

const USAGE = `Usage: npm run bench:turbo -- [flags]

Paints prompts with 4 Turbo steps and with 30 of Euler ancestral, at the same guidance for both and at each one's usual
guidance, and writes DIR/report.html and DIR/report.json. Started again with the same DIR, it goes on where it stopped.
Exit code 1 when a bar of the report does not hold.

  --prompts N            the first N of the list (default 10)
  --seeds N              pictures of each prompt in each way (default 1)
  --prompts-file FILE    JSON, a list of texts or of {"prompt", "seed", "scene"}; needed with --model. Default: the held-out
                         prompts of the embedded model, training/held-out.json
  --teacher MODEL        the model that a distilled one learned from: it paints the 30 steps with full guidance
  --out DIR              default turbo-report
  --model ID|FOLDER|FILE|URL  --backend auto|webgpu|wasm  --precision f32|bf16|f16  --vae full|tiled|tiny
  --gpu-budget MB  --ram-budget MB  --profile DIR  --accept-licence   as for generate
`;

const TEXT = { type: 'string' } as const;
const FLAGS = {
  ...ENGINE_FLAGS,
  ...{ prompts: TEXT, seeds: TEXT, 'prompts-file': TEXT, teacher: TEXT, out: TEXT },
} as const;

await runWithFlags(USAGE, FLAGS, async (command, values) => {
  const { engine, model, ...where } = readEngineFlags(values, command.folder);
  const listFile = values['prompts-file'];
  if (model !== undefined && listFile === undefined) throw new UsageError('--model needs --prompts-file');
  const prompts = await readPrompts(listFile && path.resolve(command.folder, listFile));
  const wanted = readInteger('prompts', values.prompts);
  if (wanted !== undefined && wanted > prompts.length)
    throw new UsageError(`--prompts takes at most ${prompts.length}, which is all of the list`);
  const rounds = planRounds(prompts.slice(0, wanted ?? 10), readInteger('seeds', values.seeds) ?? 1);
  const models = {
    model: resolveModel(model, command.folder),
    teacher: values.teacher === undefined ? undefined : resolveModel(values.teacher, command.folder),
  };
  const out = path.resolve(command.folder, values.out ?? 'turbo-report');

  const session = await openSession(command, { ...where, needsWebgpu: engine.backend === 'webgpu' });
  const { guidance } = await command.unlessStopped(describeInPage(session, models.model));
  const plan = planArms(guidance, models.teacher !== undefined);
  await makeFolders(plan.arms.map(({ id }) => path.join(out, id)));
  const bench: Bench = { session, models, arms: plan.arms, engine, out, log: command.note };
  const journal = await command.unlessStopped(paintRounds(bench, rounds));
  const report = await conclude(command, { plan, rounds, journal, out });
  process.stdout.write(`${alignColumns(summary(report)).join('\n')}\n${path.join(out, 'report.html')}\n`);
  command.holds = report.comparisons.every(({ bars }) => bars.every(({ holds }) => holds));
});

interface Work {
  readonly plan: Plan;
  readonly rounds: readonly Round[];
  readonly journal: TurboJournal;
  /** Absolute path of the folder for everything. */
  readonly out: string;
}

/** Measures and judges the pictures of these rounds, and writes the report. */
async function conclude(command: Command, { plan, rounds, journal, out }: Work): Promise<TurboReport> {
  const painted = rounds.flatMap(({ prompt, seed }) => findRound(journal, prompt.prompt, seed) ?? []);
  const outcomes = painted.map((one): Measured | Refused => {
    if ('refused' in one) return one;
    const luma = lumaOf(decode(readFileSync(path.join(out, one.arm, one.file))));
    return { ...one, sharpness: sharpness(luma), banding: banding(luma) };
  });
  const listed = new Map(rounds.map(({ prompt, file }) => [file, prompt]));
  const judged = plan.arms.map(({ id }) => ({
    folder: path.join(out, id),
    pictures: outcomes
      .filter((one) => one.arm === id && !('refused' in one))
      .map(({ prompt, file }) => ({ ...listed.get(file), prompt, file })),
  }));
  const judgement = await command.unlessStopped(judge(judged, command.note));
  const report = makeReport(plan, journal.setting, rounds.length, outcomes, judgement);
  const verdicts = new Map<string, ReadonlyMap<string, readonly string[]>>();
  if ('scores' in judgement)
    for (const { id } of plan.arms) verdicts.set(id, await readVerdicts(path.join(out, id)));
  const page = makePage({
    report,
    read: (arm, file) => readFileSync(path.join(out, arm, file)),
    wrong: (arm, file) => verdicts.get(arm)?.get(file) ?? [],
  });
  await writeReport(out, report, page);
  return report;
}

function summary({ comparisons, scoresMissing }: TurboReport): string[][] {
  return [
    ...comparisons.flatMap(({ title, evaluations, denoise, total, bars }) => [
      [title],
      ['evaluations, 30 : 4 steps', evaluations.toFixed(2)],
      [
        'denoise time',
        `${denoise.median.toFixed(2)} (${denoise.least.toFixed(2)}–${denoise.most.toFixed(2)})`,
      ],
      ['total time', `${total.median.toFixed(2)} (${total.least.toFixed(2)}–${total.most.toFixed(2)})`],
      ...bars.map(({ what, value, bar, unit, holds }) => [
        `${holds ? 'holds' : 'does not hold'}: ${what}`,
        `${barFigure(value, unit)}, bar ${barFigure(bar, unit)} ${unit}`.trimEnd(),
      ]),
    ]),
    ...(scoresMissing === null ? [] : [[`Scores were not computed. ${scoresMissing}`]]),
  ];
}
