/**
 * @file `npm run soak`: paints many pictures one after another in one page, each with a prompt and a seed of its own, and
 * watches for pictures that are none and for memory that grows. Exit code 1 where one of the bars does not hold.
 */
import path from 'node:path';
import { runWithFlags } from './headless/command.ts';
import { readEngineFlags, SERIES_FLAGS } from './headless/engine-flags.ts';
import { HeapProbe } from './headless/heap.ts';
import { resolveModel } from './headless/model.ts';
import { checkOutputs, writeOutputs } from './headless/outputs.ts';
import { describeInPage, paintInPage, type PictureOrder } from './headless/paint.ts';
import { readPrompts } from './headless/prompts.ts';
import { openSession } from './headless/session.ts';
import { readInteger } from './headless/words.ts';
import { attempt } from './kept-pictures.ts';
import { soakFailures, soakRows } from './soak/report.ts';
import { Soak } from './soak/soak.ts';
import { alignColumns } from './table.ts';

const USAGE = `Usage: npm run soak -- [flags]

Paints pictures one after another in one page. Exit code 1 when one is black, of one colour or not finite, when GPU memory at
the end is more than 1 % above what it was after the first 10, a heap more than 5 %, or the JavaScript objects more than 5 %
above what they were at half.

  --count N              pictures (default 1000)
  --steps N              default: the model's
  --prompts-file FILE    JSON, a list of texts or of {"prompt"}, taken in turns. Default: with the embedded model the held-out
                         prompts of its evaluation, with others "picture 1", "picture 2", …
  --out FILE.json        figures, written anew every 50 pictures (default soak.json)
  --model ID|FOLDER|FILE|URL  --backend auto|webgpu|wasm  --precision f32|bf16|f16  --vae full|tiled|tiny
  --gpu-budget MB  --ram-budget MB  --profile DIR  --accept-licence   as for generate
`;
/** After so many pictures everything that is kept between pictures is there. */
const SETTLED = 10;
const SAMPLED_EVERY = 50;

await runWithFlags(USAGE, SERIES_FLAGS, async (command, values) => {
  const { engine, model, ...where } = readEngineFlags(values, command.folder);
  const count = readInteger('count', values.count, SETTLED + 1) ?? 1000;
  const wantedSteps = readInteger('steps', values.steps);
  const listFile = values['prompts-file'];
  const listed =
    model === undefined || listFile !== undefined
      ? await readPrompts(listFile && path.resolve(command.folder, listFile))
      : [];
  const promptOf = (index: number): string => listed[index % listed.length]?.prompt ?? `picture ${index + 1}`;
  const name = values.out ?? 'soak.json';
  const out = { name, file: path.resolve(command.folder, name) };
  await checkOutputs([out]);

  const resolved = resolveModel(model, command.folder);
  const session = await openSession(command, { ...where, needsWebgpu: engine.backend === 'webgpu' });
  const heaps = await HeapProbe.attach(session);
  const described = await command.unlessStopped(describeInPage(session, resolved));
  const steps = wantedSteps ?? described.steps;
  const order = { ...engine, steps, count: 1, guidance: 'auto', dump: false } as const;
  const soak = new Soak({
    ...{ model: described.name, backend: engine.backend, adapter: '', precision: engine.precision },
    ...{ steps, count },
  });

  for (let index = 0; index < count; index++) {
    const picture: PictureOrder = { ...order, prompt: promptOf(index), seed: BigInt(index) };
    const work = paintInPage(session, resolved, picture);
    soak.take(picture, await command.unlessStopped(attempt(work)));
    const { painted } = soak.report;
    if (!isSampled(painted, count)) continue;
    soak.sample(await command.unlessStopped(heaps.collect()));
    await writeOutputs([{ ...out, bytes: Buffer.from(`${JSON.stringify(soak.report, null, 2)}\n`) }]);
    command.note(`${painted} of ${count} pictures, ${soak.report.seconds.toFixed(0)} s`);
  }
  const failures = soakFailures(soak.report);
  process.stdout.write(`${alignColumns(soakRows(soak.report)).join('\n')}\n`);
  for (const failure of failures) process.stdout.write(`wrong: ${failure}\n`);
  command.holds = failures.length === 0;
});

/** At the beginning, at half, at the end, and now and then. */
function isSampled(painted: number, count: number): boolean {
  if (painted < SETTLED) return false;
  return [SETTLED, Math.ceil(count / 2), count].includes(painted) || painted % SAMPLED_EVERY === 0;
}
