/**
 * @file `npm run make-overflow`: writes a model whose inner values leave the range of float16, and which otherwise computes
 * what the given one does.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { rescaleModel } from './make-overflow/rescale.ts';
import { runCommand } from './headless/command.ts';
import { readInteger, readWords, UsageError } from './headless/words.ts';

const USAGE = `Usage: npm run make-overflow -- MODEL OUT [--scale N] [--unet]

Writes the model in the folder MODEL (diffusers layout) to the new folder OUT, with the values inside the VAE's decoder N times
as large and the picture the same: the norms before and after take the scale out again. docs/precision.md has the algebra.

  --scale N   a power of two (default 65536: what was 1 leaves the range of float16)
  --unet      the values inside the UNet too
`;
const DEFAULT_SCALE = 65536;
/** Weights times more than this may leave the range of float32. */
const MAX_SCALE = 2 ** 40;

await runCommand(async (command) => {
  const flags = { scale: { type: 'string' }, unet: { type: 'boolean' }, help: { type: 'boolean' } } as const;
  const { values, positionals } = readWords(command.words, flags);
  if (values.help === true) {
    process.stdout.write(USAGE);
    return;
  }
  const [model, out, ...others] = positionals.map((name) => path.resolve(command.folder, name));
  if (model === undefined || out === undefined || others.length > 0)
    throw new UsageError('a folder with a model and a new folder are needed');
  if (!existsSync(path.join(model, 'model_index.json')))
    throw new UsageError(`${model} is no model in the diffusers layout`);
  if (existsSync(out)) throw new UsageError(`${out} is there already`);
  const scale = readInteger('scale', values.scale) ?? DEFAULT_SCALE;
  if (!Number.isInteger(Math.log2(scale)) || scale > MAX_SCALE)
    throw new UsageError('--scale takes a power of two, up to 2^40');
  const components = values.unet === true ? (['vae', 'unet'] as const) : (['vae'] as const);
  const count = await rescaleModel({ model, out, components, scale });
  command.note(`${count} tensors times ${scale}`);
  process.stdout.write(`${out}\n`);
});
