/**
 * @file `npm run generate`: text in, PNG out, through the same page and engine that a visitor uses. What it
 * prints where, and its exit codes, are a contract: see the README.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright';
import type { GenerateResult } from '../src/engine/protocol.ts';
import { AppError, isCancelled } from '../src/error.ts';
import { noticeSentence } from '../src/locale/index.ts';
import { writeSafetensors } from '../src/weights/safetensors.ts';
import { DIST, ensureBuilt } from './build.ts';
import { ensureBrowser } from './ensure-browser.ts';
import { describeFailure } from './failure.ts';
import { parseArguments, UsageError } from './generate/arguments.ts';
import type { GenerateCommand, ProbeCommand } from './generate/arguments.ts';
import { generateInPage, probeInPage, startPage } from './generate/drive.ts';
import type { Mailbox } from './generate/drive.ts';
import { HELP } from './generate/help.ts';
import { openHeadlessPage } from './generate/headless.ts';
import { resolveModel } from './generate/model.ts';
import { checkOutputs, writeOutputs } from './generate/outputs.ts';
import type { OutputFile } from './generate/outputs.ts';
import { createProgressPrinter } from './generate/progress.ts';
import { formatReport } from './generate/report.ts';
import { createSite, listen } from './site.ts';

const EXIT_FAILURE = 1;
const EXIT_USAGE = 2;
const EXIT_INTERRUPTED = 130;

const printer = createProgressPrinter();
const log = (line: string) => printer.line(`note: ${line}`);
/** Undone in reverse order before the command ends, however it ends. */
const cleanups: (() => Promise<void> | void)[] = [];
/** Rejects when the user stops the command; files are written afterwards only, so none is left half done. */
const interruption = new Promise<never>((_, reject) => {
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.on(signal, () => reject(new AppError('engine/cancelled', {})));
});
interruption.catch(() => undefined);

const exitCode = await main();
// Whatever an interruption left running must not keep the process alive.
if (exitCode === EXIT_INTERRUPTED) process.exit(exitCode);
process.exitCode = exitCode;

async function main(): Promise<number> {
  try {
    // npm runs scripts in the project's folder; names on the command line start where the user stands.
    const command = parseArguments(process.argv.slice(2), process.env['INIT_CWD'] ?? process.cwd());
    if (command.kind === 'help') process.stdout.write(HELP);
    else await (command.kind === 'probe' ? probe(command) : generate(command));
    return 0;
  } catch (error) {
    printer.end();
    return fail(error);
  } finally {
    for (const cleanup of cleanups.reverse()) await cleanup();
  }
}

function fail(error: unknown): number {
  if (isCancelled(error)) return EXIT_INTERRUPTED;
  if (error instanceof UsageError) {
    printer.line(`error: usage: ${error.message}`);
    return EXIT_USAGE;
  }
  printer.line(describeFailure(error));
  return EXIT_FAILURE;
}

async function probe({ profile }: ProbeCommand): Promise<void> {
  const page = await Promise.race([openSite({ folders: {}, profile, needsWebgpu: false }), interruption]);
  const report = await Promise.race([probeInPage(page), interruption]);
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

async function generate(command: GenerateCommand): Promise<void> {
  const locate = (name: string): OutputFile => ({ name, file: path.resolve(command.folder, name) });
  const images = command.images.map(locate);
  const dumps = command.dumps.map(locate);
  await checkOutputs([...images, ...dumps]);

  const result = await Promise.race([paint(command), interruption]);
  printer.end();
  await writeOutputs([
    ...result.images.flatMap(({ png }, index) => withBytes(images[index], png)),
    ...result.images.flatMap(({ dump }, index) => withBytes(dumps[index], dump && writeSafetensors(dump))),
  ]);
  process.stdout.write(
    command.json ? `${formatReport(result, command.images)}\n` : `${command.images.join('\n')}\n`,
  );
}

async function paint(command: GenerateCommand): Promise<GenerateResult> {
  const { request, profile } = command;
  const model = resolveModel(command.model, command.folder);
  const initNoise =
    command.initNoise === undefined ? {} : { initNoise: await readInitNoise(command.initNoise) };
  const mailbox: Mailbox = new Map();
  const needsWebgpu = request.backend === 'webgpu';
  const page = await openSite({ folders: model.folders, profile, needsWebgpu, mailbox });
  const order = { ...request, ...initNoise, dump: command.dumps.length > 0 };
  return generateInPage(page, mailbox, model.order, order, {
    onProgress: (progress) => printer.show(progress),
    onNotice: (notice) => log(noticeSentence(notice, 'en')),
  });
}

interface SiteRequest {
  readonly folders: Readonly<Record<string, string>>;
  readonly profile: string | undefined;
  readonly needsWebgpu: boolean;
  readonly mailbox?: Mailbox;
}

/** Builds and serves the site, and opens it in a browser; all of it is put away when the command ends. */
async function openSite({ folders, profile, needsWebgpu, mailbox = new Map() }: SiteRequest): Promise<Page> {
  await ensureBuilt(log);
  const executablePath = await ensureBrowser(log);
  const site = createSite({
    folders: { '/': `${DIST}/`, ...folders },
    post: (pathname, body) => mailbox.set(pathname, body),
  });
  const port = await listen(site, 0);
  cleanups.push(() => {
    site.close();
    site.closeAllConnections();
  });
  const options = { executablePath, port, needsWebgpu, log, ...(profile === undefined ? {} : { profile }) };
  const browser = await openHeadlessPage(options);
  cleanups.push(() => browser.close());
  await startPage(browser.page);
  return browser.page;
}

async function readInitNoise(file: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(file));
  } catch (error) {
    throw new AppError('request/init-noise', { reason: `${file} cannot be read` }, error);
  }
}

function withBytes(
  output: OutputFile | undefined,
  bytes: Uint8Array | undefined,
): (OutputFile & { bytes: Uint8Array })[] {
  return output === undefined || bytes === undefined ? [] : [{ ...output, bytes }];
}
