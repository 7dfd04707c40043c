/**
 * @file `npm run generate`: text in, PNG out, through the same page and engine that a visitor uses. What it
 * prints where, and its exit codes, are a contract: see the README.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { GenerateResult, Notice } from '../src/engine/protocol/generate.ts';
import { AppError } from '../src/error.ts';
import { noticeSentence } from '../src/locale/index.ts';
import { deviceText } from '../src/ui/device/device-capabilities.ts';
import { writeSafetensors } from '../src/weights/safetensors.ts';
import { parseArguments } from './generate/arguments.ts';
import type { GenerateCommand, ProbeCommand } from './generate/arguments.ts';
import { HELP } from './generate/help.ts';
import { formatProbe, formatReport } from './generate/report.ts';
import { runCommand, type Command } from './headless/command.ts';
import { resolveLora } from './headless/lora.ts';
import { resolveModel } from './headless/model.ts';
import { checkOutputs, writeOutputs } from './headless/outputs.ts';
import type { OutputFile } from './headless/outputs.ts';
import { paintInPage } from './headless/paint.ts';
import { describePainting } from './headless/progress.ts';
import { describeRepairs } from './generate/loras.ts';
import { openSession } from './headless/session.ts';

await runCommand(async (command) => {
  const order = parseArguments(command.words, command.folder);
  if (order.kind === 'help') process.stdout.write(HELP);
  else await (order.kind === 'probe' ? probe(command, order) : generate(command, order));
});

async function probe(command: Command, { profile, json }: ProbeCommand): Promise<void> {
  const session = await openSession(command, { profile });
  const device = await command.unlessStopped(session.examine());
  process.stdout.write(`${json ? formatProbe(device) : deviceText(device)}\n`);
}

async function generate(command: Command, order: GenerateCommand): Promise<void> {
  const locate = (name: string): OutputFile => ({ name, file: path.resolve(order.folder, name) });
  const images = order.images.map(locate);
  const dumps = order.dumps.map(locate);
  await checkOutputs([...images, ...dumps]);

  // Files are written only after the work, so that a stopped command leaves none half done.
  const notices: Notice[] = [];
  const result = await command.unlessStopped(paint(command, order, notices));
  command.printer.end();
  await writeOutputs([
    ...result.images.flatMap(({ png }, index) => withBytes(images[index], png)),
    ...result.images.flatMap(({ dump }, index) => withBytes(dumps[index], dump && writeSafetensors(dump))),
  ]);
  process.stdout.write(
    order.json ? `${formatReport(result, order.images, notices)}\n` : `${order.images.join('\n')}\n`,
  );
}

/** @param notices what the user should know is added to them */
async function paint(command: Command, order: GenerateCommand, notices: Notice[]): Promise<GenerateResult> {
  const { request, profile, acceptsLicence = false } = order;
  const model = resolveModel(order.model, order.folder, order.components);
  const initNoise =
    order.initNoise === undefined
      ? {}
      : { initNoise: await readInput(order.initNoise, 'request/init-noise') };
  const initImage = order.initImage && {
    initImage: {
      bytes: await readInput(order.initImage.file, 'request/init-image'),
      strength: order.initImage.strength,
    },
  };
  const needsWebgpu = request.backend === 'webgpu';
  // Before any work: a file that is not there is wrong usage.
  const loras = order.loras.map(({ place, weight }) => ({ ...resolveLora(place, order.folder), weight }));
  const session = await openSession(command, { profile, acceptsLicence, needsWebgpu });
  for (const { folders } of loras) session.serve(folders);
  const uses = loras.map(({ reference, weight }) => ({ lora: reference, weight }));
  const pictures = { ...request, ...initImage, ...initNoise, loras: uses, dump: order.dumps.length > 0 };
  const result = await paintInPage(session, model, pictures, {
    onProgress: (progress) => command.printer.show(describePainting(progress)),
    onNotice: (notice) => {
      notices.push(notice);
      command.note(noticeSentence(notice, 'en'));
    },
  });
  for (const { name, repairs } of result.lora)
    if (repairs.length > 0) command.note(`the LoRA "${name}" was repaired: ${describeRepairs(repairs)}`);
  return result;
}

async function readInput(
  file: string,
  code: 'request/init-image' | 'request/init-noise',
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await readFile(file));
  } catch (error) {
    throw new AppError(code, { reason: `${file} cannot be read` }, error);
  }
}

function withBytes(
  output: OutputFile | undefined,
  bytes: Uint8Array | undefined,
): (OutputFile & { bytes: Uint8Array })[] {
  return output === undefined || bytes === undefined ? [] : [{ ...output, bytes }];
}
