/**
 * @file `npm run bench:lora`: what a LoRA costs. The same picture is painted in one browser with a LoRA of rank 8 over every
 * module that one may touch and without it, turn by turn; the one UNet evaluation of each is timed by the engine.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { writeSafetensors } from '../src/weights/safetensors.ts';
import { makeLora } from './bench-lora/lora.ts';
import { runWithFlags } from './headless/command.ts';
import { ENGINE_FLAGS, readEngineFlags } from './headless/engine-flags.ts';
import { resolveLora } from './headless/lora.ts';
import { resolveModel } from './headless/model.ts';
import { paintInPage, type PictureOrder } from './headless/paint.ts';
import { openSession } from './headless/session.ts';
import { readInteger, UsageError } from './headless/words.ts';
import { ratioOf, spreadOf, type Spread } from './statistics.ts';
import { alignColumns } from './table.ts';

const USAGE = `Usage: npm run bench:lora -- --model FOLDER [--sides 256,512] [--rank N] [--rounds N] [flags]

Times one UNet evaluation of a model in the diffusers layout, with a LoRA (rank 8) over every module that one may touch and
without, N rounds (default 5) for each size of picture in pixels. Flags as for generate: --backend, --precision,
--gpu-budget, --ram-budget, --vae, --profile.
`;

const TEXT = { type: 'string' } as const;
const FLAGS = { ...ENGINE_FLAGS, sides: TEXT, rank: TEXT, rounds: TEXT } as const;

await runWithFlags(USAGE, FLAGS, async (command, values) => {
  const { engine, model: folder, ...where } = readEngineFlags(values, command.folder);
  if (folder === undefined) throw new UsageError('--model is missing');
  const sides = (values.sides ?? '256,512').split(',').map((side) => readInteger('sides', side) ?? 0);
  const rounds = readInteger('rounds', values.rounds) ?? 5;
  const rank = readInteger('rank', values.rank) ?? 8;
  const model = resolveModel(folder, command.folder);
  const made = await makeLora(path.resolve(command.folder, folder), rank);
  const temporary = mkdtempSync(path.join(os.tmpdir(), 'emulsion-lora-'));
  command.atEnd(() => rmSync(temporary, { recursive: true }));
  const file = path.join(temporary, 'every-module.safetensors');
  writeFileSync(file, writeSafetensors(made.tensors));

  const session = await openSession(command, { ...where, needsWebgpu: engine.backend === 'webgpu' });
  const { reference, folders } = resolveLora(file, temporary);
  session.serve(folders);
  const evaluate = async (side: number, weight: number): Promise<number> => {
    const order: PictureOrder = {
      ...engine,
      ...{ prompt: 'a red apple', seed: 1n, count: 1, steps: 1, width: side, height: side },
      ...{ guidance: 'off', dump: false, loras: weight === 0 ? [] : [{ lora: reference, weight }] },
    };
    const { ms } = await command.unlessStopped(paintInPage(session, model, order));
    return ms.steps[0] ?? NaN;
  };

  process.stdout.write(`${made.modules} modules of rank ${rank}, ${made.values} values\n`);
  const rows = [['pixels', 'without, s', 'with, s', 'with : without', 'least–most']];
  for (const side of sides) {
    // The first of each compiles what the others find ready.
    for (const weight of [0, 1]) await evaluate(side, weight);
    const [without, withLora]: [number[], number[]] = [[], []];
    for (let round = 0; round < rounds; round++) {
      // Always in this order: what the other kept widened is of no use, so each of them widens everything.
      without.push(await evaluate(side, 0));
      withLora.push(await evaluate(side, 1));
      command.note(`${side} × ${side}, round ${round + 1} of ${rounds}`);
    }
    const ratio = ratioOf(withLora, without);
    const seconds = ({ median }: Spread): string => (median / 1000).toFixed(2);
    rows.push([
      `${side} × ${side}`,
      ...[seconds(spreadOf(without)), seconds(spreadOf(withLora)), ratio.median.toFixed(3)],
      `${ratio.least.toFixed(3)}–${ratio.most.toFixed(3)}`,
    ]);
  }
  process.stdout.write(`${alignColumns(rows).join('\n')}\n`);
});
