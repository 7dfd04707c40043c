/**
 * @file `npm run make-checkpoint`: writes a random SDXL checkpoint, so that anyone can try the real scale without a
 * download. It paints noise, but every byte and every operation is there.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { makeCheckpoint } from './make-checkpoint/make.ts';
import { SIZES, type SizeName } from './make-checkpoint/sizes.ts';
import { DTYPES, type DtypeName } from './make-checkpoint/values.ts';

const USAGE = `Usage: npm run make-checkpoint -- DIR --size full|mid|tiny --layout diffusers|single --dtype bf16|f16|f32 [--seed N]

Writes a random SDXL checkpoint into DIR: a folder in the diffusers layout, or one .safetensors file.
Size in bf16: full 6.94 GB, mid 1.76 GB, tiny 7 MB. The same seed (default 0) gives the same values everywhere.
`;
const LAYOUTS = ['diffusers', 'single'] as const;
const SEED_LIMIT = 2 ** 32;
const MERGES = new URL('../src/tokens/clip-vocabulary/merges.txt', import.meta.url);

class UsageError extends Error {}

try {
  await main();
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  if (error instanceof UsageError) process.stderr.write(USAGE);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

async function main(): Promise<void> {
  const { values, positionals } = readWords();
  if (values.help === true) {
    process.stdout.write(USAGE);
    return;
  }
  const [folder, ...others] = positionals;
  if (folder === undefined || others.length > 0) throw new UsageError('one folder is needed');
  const started = performance.now();
  const made = await makeCheckpoint({
    // npm runs scripts in the project's folder; names on the command line start where the user stands.
    folder: path.resolve(process.env['INIT_CWD'] ?? process.cwd(), folder),
    size: choose('size', values.size, Object.keys(SIZES) as SizeName[]),
    layout: choose('layout', values.layout, LAYOUTS),
    dtype: choose('dtype', values.dtype, Object.keys(DTYPES) as DtypeName[]),
    seed: readSeed(values.seed ?? '0'),
    mergeList: await readFile(MERGES, 'utf8'),
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stderr.write(`note: ${made.bytes} bytes of weights in ${seconds} s\n`);
  process.stdout.write(`${made.path}\n`);
}

function readWords() {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      options: { size: text, layout: text, dtype: text, seed: text, help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function choose<T extends string>(name: string, value: string | undefined, choices: readonly T[]): T {
  const choice = choices.find((candidate) => candidate === value);
  if (choice === undefined) throw new UsageError(`--${name} takes ${choices.join(', ')}`);
  return choice;
}

function readSeed(text: string): number {
  const seed = /^\d{1,10}$/.test(text) ? Number(text) : SEED_LIMIT;
  if (seed >= SEED_LIMIT) throw new UsageError(`--seed takes a whole number below ${SEED_LIMIT}`);
  return seed;
}
