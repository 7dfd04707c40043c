/**
 * @file `npm run make-checkpoint`: writes a random SDXL checkpoint, so that anyone can try the real scale without a
 * download. It paints noise, but every byte and every operation is there.
 */
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { runCommand } from './headless/command.ts';
import { readChoice, readWords, UsageError } from './headless/words.ts';
import { makeCheckpoint, partFolder } from './make-checkpoint/make.ts';
import { SIZES, type SizeName } from './make-checkpoint/sizes.ts';
import { DTYPES, type DtypeName } from './make-checkpoint/values.ts';

const USAGE = `Usage: npm run make-checkpoint -- DIR --size full|mid|tiny --layout diffusers|single --dtype bf16|f16|f32 [--seed N]

Writes a random SDXL checkpoint into DIR: a folder in the diffusers layout, or one .safetensors file.
Size in bf16: full 6.94 GB, mid 1.76 GB, tiny 7 MB. The same seed (default 0) gives the same values everywhere.
`;
const LAYOUTS = ['diffusers', 'single'] as const;
const SEED_LIMIT = 2 ** 32;
const MERGES = new URL('../src/tokens/clip-vocabulary/merges.txt', import.meta.url);

await runCommand(async (command) => {
  const text = { type: 'string' } as const;
  const flags = {
    size: text,
    layout: text,
    dtype: text,
    seed: text,
    help: { type: 'boolean', short: 'h' },
  } as const;
  const { values, positionals } = readWords(command.words, flags);
  if (values.help === true) {
    process.stdout.write(USAGE);
    return;
  }
  const [name, ...others] = positionals;
  if (name === undefined || others.length > 0) throw new UsageError('one folder is needed');
  const folder = path.resolve(command.folder, name);
  const order = {
    size: needed('size', values.size, Object.keys(SIZES) as SizeName[]),
    layout: needed('layout', values.layout, LAYOUTS),
    dtype: needed('dtype', values.dtype, Object.keys(DTYPES) as DtypeName[]),
    seed: readSeed(values.seed ?? '0'),
    mergeList: await readFile(MERGES, 'utf8'),
  };
  const started = performance.now();
  // Only where the command is stopped, there is something; where there never was, nothing has to be said.
  command.atEnd(() => rm(partFolder(folder), { recursive: true, force: true }).catch(() => undefined));
  const made = await command.unlessStopped(makeCheckpoint({ folder, ...order }));
  command.note(`${made.bytes} bytes of weights in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  process.stdout.write(`${made.path}\n`);
});

function needed<T extends string>(name: string, value: string | undefined, choices: readonly T[]): T {
  const choice = readChoice(name, value, choices);
  if (choice === undefined) throw new UsageError(`--${name} takes ${choices.join(', ')}`);
  return choice;
}

function readSeed(text: string): number {
  const seed = /^\d{1,10}$/.test(text) ? Number(text) : SEED_LIMIT;
  if (seed >= SEED_LIMIT) throw new UsageError(`--seed takes a whole number below ${SEED_LIMIT}`);
  return seed;
}
