/**
 * @file `npm run bench:watchdog`: what the watchdog costs of a UNet evaluation. The engine's own code is measured in a
 * headless browser, served from its sources (`bench-watchdog/cost.ts`).
 */
import { chromium } from 'playwright';
import { createServer } from 'vite';
import type { WatchdogCost, WatchdogCostOrder } from './bench-watchdog/cost.ts';
import { browserLaunchOptions } from './browser.ts';
import { PROJECT } from './build.ts';
import { ensureBrowser } from './ensure-browser.ts';
import { runWithFlags, type Command } from './headless/command.ts';
import { readChoice, readInteger } from './headless/words.ts';
import { ratioOf, spreadOf, type Spread } from './statistics.ts';
import { alignColumns } from './table.ts';

const USAGE = `Usage: npm run bench:watchdog -- [--backend wasm|webgpu] [--model ADDRESS] [--side N] [--rounds N]

Times UNet evaluations of a model (default: the embedded one; ADDRESS is relative to the project, such as
/e2e/fixtures/tiny-sdxl/model/) on latents of N×N (default 32), and the watchdog's look at as many results, in turn.
`;

const TEXT = { type: 'string' } as const;
const FLAGS = { backend: TEXT, model: TEXT, side: TEXT, rounds: TEXT } as const;

await runWithFlags(USAGE, FLAGS, async (command, values) => {
  const cost = await measure(command, {
    backend: readChoice('backend', values.backend, ['wasm', 'webgpu']) ?? 'wasm',
    model: values.model ?? '/models/emoji/',
    side: readInteger('side', values.side) ?? 32,
    rounds: readInteger('rounds', values.rounds) ?? 9,
  });
  const row = (name: string, { median, least, most }: Spread, digits: number): string[] => [
    ...[name, median.toFixed(digits)],
    `${least.toFixed(digits)}–${most.toFixed(digits)}`,
  ];
  const share = ratioOf(cost.watchMs, cost.evaluationMs);
  const percent = { median: 100 * share.median, least: 100 * share.least, most: 100 * share.most };
  process.stdout.write(
    [
      `${cost.adapter}: ${cost.results} results of ${cost.stages} stages, ${cost.values} values`,
      ...alignColumns([
        ['', 'median', 'least–most'],
        row('an evaluation, ms', spreadOf(cost.evaluationMs), 1),
        row('the look at it, ms', spreadOf(cost.watchMs), 2),
        row('its share, %', percent, 2),
      ]),
      '',
    ].join('\n'),
  );
});

async function measure(command: Command, order: WatchdogCostOrder): Promise<WatchdogCost> {
  await ensureBrowser(command.note);
  const server = await createServer({ root: PROJECT, logLevel: 'error', server: { port: 0 } });
  command.atEnd(() => server.close());
  await server.listen();
  const [address] = server.resolvedUrls?.local ?? [];
  const browser = await chromium.launch({ headless: true, ...browserLaunchOptions() });
  command.atEnd(() => browser.close());
  const page = await browser.newPage();
  await page.goto(`${address}?headless`);
  const work = page.evaluate(async (given) => {
    const module = '/scripts/bench-watchdog/cost.ts';
    const { measureWatchdog } = (await import(module)) as {
      measureWatchdog: (order: WatchdogCostOrder) => Promise<WatchdogCost>;
    };
    return measureWatchdog({ ...given, model: new URL(given.model, location.href).href });
  }, order);
  return command.unlessStopped(work);
}
