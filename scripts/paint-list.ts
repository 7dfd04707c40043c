/**
 * @file `npm run paint-list`: paints a list of orders in one page, which opens the model once. Pictures that are there
 * already are left alone, so that an interrupted run goes on where it stopped.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Notice } from '../src/engine/protocol/generate.ts';
import { noticeSentence } from '../src/locale/index.ts';
import { runCommand, type Command } from './headless/command.ts';
import { COMPONENT_FLAG, readComponents } from './headless/components.ts';
import { ENGINE_FLAGS, readEngineFlags } from './headless/engine-flags.ts';
import { resolveModel } from './headless/model.ts';
import { makeFolders, writeOutputs, type OutputFile } from './headless/outputs.ts';
import { paintInPage } from './headless/paint.ts';
import { openSession } from './headless/session.ts';
import { readWords, UsageError } from './headless/words.ts';
import { parseOrders, type ListedOrder } from './paint-list/orders.ts';

const HELP = `Usage: npm run -s paint-list -- ORDERS.json --out DIR [flags]

ORDERS.json is a list of {"file", "prompt", "seed", and, as the flags of generate mean them, "negative", "steps", "width",
"height", "sampler", "eta", "guidance", "guidanceScale", "guidanceRescale", "clipSkip"}. Each picture becomes DIR/file;
those that are there are left alone.
  --model ID|FOLDER|FILE|URL  --component NAME=PLACE  --backend auto|webgpu|wasm  --precision f32|bf16|f16
  --vae full|tiled|tiny  --gpu-budget MB  --ram-budget MB  --profile DIR  --accept-licence   as for generate
`;

await runCommand(async (command) => {
  const flags = {
    ...ENGINE_FLAGS,
    ...COMPONENT_FLAG,
    out: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  } as const;
  const { values, positionals } = readWords(command.words, flags);
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const { engine, model, ...where } = readEngineFlags(values, command.folder);
  const components = readComponents(values.component);
  const [list, ...others] = positionals;
  if (list === undefined || others.length > 0)
    throw new UsageError('one file with a list of orders is needed');
  if (values.out === undefined) throw new UsageError('--out names the folder for the pictures');
  const out = path.resolve(command.folder, values.out);
  const orders = parseOrders(await readList(path.resolve(command.folder, list)), path.basename(list));
  const locate = ({ file }: ListedOrder): OutputFile => ({ name: file, file: path.join(out, file) });

  const missing = orders.filter((order) => !existsSync(locate(order).file));
  if (missing.length < orders.length)
    command.note(`${orders.length - missing.length} of ${orders.length} pictures are there already`);
  if (missing.length === 0) return;
  await makeFolders(new Set(missing.map((order) => path.dirname(locate(order).file))));
  const resolved = resolveModel(model, command.folder, components);
  const session = await openSession(command, { ...where, needsWebgpu: engine.backend === 'webgpu' });
  const onNotice = (notice: Notice): void => command.note(noticeSentence(notice, 'en'));
  const request = { ...engine, count: 1, dump: false } as const;
  await paintAll(command, missing, async (order) => {
    const { images } = await command.unlessStopped(
      paintInPage(session, resolved, { ...request, ...order.picture }, { onNotice }),
    );
    await writeOutputs(images.map(({ png }) => ({ ...locate(order), bytes: png })));
  });
});

/** Paints one order after the other, and tells how far it is. */
async function paintAll(
  command: Command,
  orders: readonly ListedOrder[],
  paint: (order: ListedOrder) => Promise<void>,
): Promise<void> {
  for (const [index, order] of orders.entries()) {
    const started = performance.now();
    const place = `${order.file}, ${index + 1} of ${orders.length}`;
    try {
      await paint(order);
    } catch (error) {
      command.note(`stopped at ${place}`);
      throw error;
    }
    command.note(`${place}, ${((performance.now() - started) / 1000).toFixed(1)} s`);
    process.stdout.write(`${order.file}\n`);
  }
}

async function readList(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    throw new UsageError(`${file} cannot be read`);
  }
}
