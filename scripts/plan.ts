/**
 * @file `npm run plan`: prints how much GPU memory a model would use and how many bytes of weights would be sent for
 * each picture, for a list of budgets and sizes. Nothing is computed and no weights are needed.
 */
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { VaeMode } from '../src/engine/protocol/generate.ts';
import { isAppError, toPlainError } from '../src/error.ts';
import { errorSentence } from '../src/locale/index.ts';
import { GUIDANCES } from './headless/engine-flags.ts';
import { readChoice, UsageError } from './headless/words.ts';
import { openOutline, planTable, type PlanRow } from './plan/table.ts';
import { alignColumns } from './table.ts';

const USAGE = `Usage: npm run -s plan -- --model FOLDER [--budgets MB,MB,…] [--sizes PX,PX,…] [flags]

FOLDER is a model in the diffusers layout; its configs and tokenizers are enough.
  --budgets 512,1024,2048    GPU memory in MB
  --sizes 512,1024           sides of square pictures in pixels
  --steps 4  --count 1       steps, and pictures painted together
  --prompt TEXT              what is to be painted; absent: a prompt of one chunk
  --guidance off|first-step|full|onetime-negative|distilled   absent: what the model says
  --vae full|tiled|tiny      absent: full where it fits
  --tile N                   with --vae tiled: the side of a tile in latents; absent: chosen
  --largest 2048             the largest tensor the device takes in MB (maxStorageBufferBindingSize)
  --json                     the table as JSON, in bytes
`;
const VAES: readonly VaeMode[] = ['full', 'tiled', 'tiny'];
const MIB = 1024 ** 2;

try {
  await main();
} catch (error) {
  const sentence = isAppError(error) ? errorSentence(toPlainError(error), 'en') : String(error);
  process.stderr.write(`error: ${sentence}\n`);
  if (error instanceof UsageError) process.stderr.write(USAGE);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

async function main(): Promise<void> {
  const values = readWords();
  if (values.help === true) {
    process.stdout.write(USAGE);
    return;
  }
  if (values.model === undefined) throw new UsageError('--model names a folder');
  // npm runs scripts in the project's folder; names on the command line start where the user stands.
  const model = await openOutline(path.resolve(process.env['INIT_CWD'] ?? process.cwd(), values.model));
  const rows = planTable(model, {
    budgets: readNumbers('budgets', values.budgets ?? '512,1024,2048'),
    sizes: readNumbers('sizes', values.sizes ?? '512,1024'),
    steps: readNumber('steps', values.steps ?? '4'),
    count: readNumber('count', values.count ?? '1'),
    largest: readNumber('largest', values.largest ?? '2048'),
    prompt: values.prompt,
    guidance: readChoice('guidance', values.guidance, GUIDANCES),
    vae: readChoice('vae', values.vae, VAES),
    tile: values.tile === undefined ? undefined : readNumber('tile', values.tile),
  });
  process.stdout.write(values.json === true ? `${JSON.stringify(rows)}\n` : asText(rows));
}

function readWords() {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = {
    ...{
      model: text,
      budgets: text,
      sizes: text,
      steps: text,
      count: text,
      prompt: text,
      guidance: text,
      vae: text,
      tile: text,
      largest: text,
    },
    ...{ json: flag, help: flag },
  };
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function readNumbers(name: string, text: string): number[] {
  return text.split(',').map((word) => readNumber(name, word));
}

function readNumber(name: string, text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new UsageError(`--${name} takes whole numbers from 1`);
  return Number(text);
}

function asText(rows: readonly PlanRow[]): string {
  const cells = rows.map(({ size, budgetBytes, plan, neededBytes, neededBufferBytes }) => [
    `${size}²`,
    mib(budgetBytes),
    ...(plan
      ? [
          mib(plan.peakBytes),
          mib(plan.residentBytes),
          mib(plan.uploadedBytes.first),
          mib(plan.uploadedBytes.again),
          plan.tile === null ? plan.vae : `${plan.vae} ${plan.tile}`,
        ]
      : [
          neededBufferBytes === undefined
            ? `does not fit: needs ${mib(neededBytes ?? 0)}`
            : `does not fit: needs a buffer of ${mib(neededBufferBytes)}`,
        ]),
  ]);
  const heads = ['size', 'budget', 'peak', 'resident', 'sent first', 'sent next', 'decode'];
  const lines = alignColumns([heads, ...cells]);
  return `${lines.join('\n')}\nMemory in MB; bytes sent are for the pictures of one request.\n`;
}

function mib(bytes: number): string {
  return String(Math.ceil(bytes / MIB));
}
