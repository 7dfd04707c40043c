/**
 * @file `npm run check:full`: paints with a full-size checkpoint through the product's own engine and compares its one
 * UNet evaluation with what diffusers computed from the same weights (`check-full/reference.py`). With one step that
 * ends at sigma 0 and given noise, the latents that come out are the evaluation in another form.
 */
import { mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { isFullUnet, readRecord } from './check-full/record.ts';
import { judge, measure, type Measurement } from './check-full/measure.ts';
import { runCommand } from './headless/command.ts';
import { ENGINE_FLAGS, readEngineFlags } from './headless/engine-flags.ts';
import { resolveModel } from './headless/model.ts';
import { describePainting } from './headless/progress.ts';
import { openSession } from './headless/session.ts';
import { readWords, UsageError } from './headless/words.ts';
import { alignColumns } from './table.ts';

const USAGE = `Usage: npm run check:full -- --model FULL [--text MID] [--backend wasm|webgpu] [--gpu-budget MB] [--ram-budget MB]

FULL is what \`npm run make-checkpoint -- … --size full\` wrote, in either layout, with seed 0.
  --text MID    takes the text encoders of this checkpoint (--size mid --layout diffusers) instead of FULL's, which
                are most of the work where a GPU is emulated; FULL is then a folder
  --vae tiny    decodes with the small decoder, which only folders have
  --json        the figures as JSON
Exit code 1 when a figure misses its bar.
`;
const LAST_COMPONENTS = ['text_encoder', 'text_encoder_2'];

const outcome = { holds: true };
await runCommand(async (command) => {
  const options = {
    ...ENGINE_FLAGS,
    text: { type: 'string' },
    json: { type: 'boolean' },
    help: { type: 'boolean' },
  } as const;
  const { values, positionals } = readWords(command.words, options);
  if (values.help === true) {
    process.stdout.write(USAGE);
    return;
  }
  if (positionals.length > 0) throw new UsageError(`"${positionals[0]}" is not expected`);
  const { model, profile, engine } = readEngineFlags(values, command.folder);
  if (model === undefined) throw new UsageError('--model names a checkpoint of size full');
  const full = path.resolve(command.folder, model);
  if (!full.endsWith('.safetensors') && !(await isFullUnet(full)))
    throw new UsageError(`the UNet in ${full} is not that of make-checkpoint's size full with seed 0`);

  let painted = full;
  if (values.text !== undefined) {
    painted = withTextEncoders(full, path.resolve(command.folder, values.text));
    command.atEnd(() => rmSync(painted, { recursive: true }));
  }
  const needsWebgpu = engine.backend === 'webgpu';
  const session = await openSession(command, { profile, needsWebgpu });
  const work = measure(session, resolveModel(painted, command.folder), {
    engine,
    record: readRecord(values.text === undefined ? 'full' : 'mid'),
    onProgress: (progress) => command.printer.show(describePainting(progress)),
  });
  const measurement = await command.unlessStopped(work);
  command.printer.end();
  process.stdout.write(values.json === true ? `${JSON.stringify(measurement)}\n` : asText(measurement));
  outcome.holds = judge(measurement).every(({ holds }) => holds);
});
if (!outcome.holds) process.exitCode = 1;

/** A folder that is the model at `full` with the text encoders of another. */
function withTextEncoders(full: string, text: string): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'emulsion-check-'));
  for (const name of readdirSync(full)) {
    const from = LAST_COMPONENTS.includes(name) ? text : full;
    symlinkSync(path.join(from, name), path.join(folder, name));
  }
  return folder;
}

function asText(measurement: Measurement): string {
  const rows = judge(measurement).map(({ what, value, bar, holds }) => [
    what,
    value,
    bar === undefined ? '' : `≤ ${bar}`,
    holds ? '' : 'MISSED',
  ]);
  return `${alignColumns([['', 'measured', 'bar', ''], ...rows]).join('\n')}\n`;
}
