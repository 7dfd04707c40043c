/**
 * @file `npm run check:full`: paints with a full-size checkpoint through the product's own engine and compares its one
 * UNet evaluation with what diffusers computed from the same weights (`check-full/reference.py`). With one step that
 * ends at sigma 0 and given noise, the latents that come out are the evaluation in another form.
 */
import { judge, measure, type Measurement } from './check-full/measure.ts';
import { modelToCheck } from './check-full/model.ts';
import { readRecord } from './check-full/record.ts';
import { runWithFlags } from './headless/command.ts';
import { ENGINE_FLAGS, readEngineFlags } from './headless/engine-flags.ts';
import { describePainting } from './headless/progress.ts';
import { openSession } from './headless/session.ts';
import { UsageError } from './headless/words.ts';
import { alignColumns } from './table.ts';

const USAGE = `Usage: npm run check:full -- --model FULL [--text MID] [--backend wasm|webgpu] [--gpu-budget MB] [--ram-budget MB]

FULL is what \`npm run make-checkpoint -- … --size full\` wrote, in either layout, with seed 0.
  --text MID    takes the text encoders of this checkpoint (--size mid --layout diffusers) instead of FULL's, which
                are most of the work where a GPU is emulated
  --vae tiny    decodes with the small decoder, which only folders have
  --json        the figures as JSON
Exit code 1 when a figure misses its bar.
`;

const FLAGS = { ...ENGINE_FLAGS, text: { type: 'string' }, json: { type: 'boolean' } } as const;

await runWithFlags(USAGE, FLAGS, async (command, values) => {
  const { model, engine, ...where } = readEngineFlags(values, command.folder);
  if (model === undefined) throw new UsageError('--model names a checkpoint of size full');
  const checked = await modelToCheck(model, values.text, command.folder);
  const needsWebgpu = engine.backend === 'webgpu';
  const session = await openSession(command, { ...where, needsWebgpu });
  const work = measure(session, checked, {
    engine,
    record: readRecord(values.text === undefined ? 'full' : 'mid'),
    onProgress: (progress) => command.printer.show(describePainting(progress)),
  });
  const measurement = await command.unlessStopped(work);
  command.printer.end();
  process.stdout.write(values.json === true ? `${JSON.stringify(measurement)}\n` : asText(measurement));
  command.holds = judge(measurement).every(({ holds }) => holds);
});

function asText(measurement: Measurement): string {
  const rows = judge(measurement).map(({ what, value, bar, holds }) => [
    what,
    value,
    bar === undefined ? '' : `≤ ${bar}`,
    holds ? '' : 'MISSED',
  ]);
  return `${alignColumns([['', 'measured', 'bar', ''], ...rows]).join('\n')}\n`;
}
