/**
 * @file `npm start`: builds the site if need be, serves it, prints its address, and opens it where there is a
 * display. `--no-open` only serves.
 */
import { spawn } from 'node:child_process';
import type { Server } from 'node:http';
import { DIST, ensureBuilt } from './build.ts';
import { describeFailure } from './failure.ts';
import { readWords, UsageError } from './headless/words.ts';
import { createSite, listen } from './site.ts';

const DEFAULT_PORT = 8080;
/** How many ports after the wanted one are tried. */
const PORT_ATTEMPTS = 20;

const USAGE = `Usage: npm start -- [--no-open]

Builds the site if need be, serves it on port ${DEFAULT_PORT} or the next free one (PORT names another), and opens it where there
is a display; --no-open only serves.
`;
const FLAGS = { 'no-open': { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const;

try {
  const { values, positionals } = readWords(process.argv.slice(2), FLAGS);
  if (positionals[0] !== undefined) throw new UsageError(`"${positionals[0]}" is not expected`);
  if (values.help) process.stdout.write(USAGE);
  else await start(values['no-open'] !== true);
} catch (error) {
  const isUsage = error instanceof UsageError;
  console.error(isUsage ? `error: usage: ${error.message}` : describeFailure(error));
  process.exitCode = isUsage ? 2 : 1;
}

async function start(mayOpen: boolean): Promise<void> {
  await ensureBuilt((line) => console.error(line));
  const port = await listenNear(
    createSite({ folders: { '/': DIST } }),
    Number(process.env['PORT'] || DEFAULT_PORT),
  );
  const address = `http://localhost:${port}/`;
  console.log(`Emulsion is at ${address}   (Ctrl+C stops it)`);
  if (hasDisplay() && mayOpen) openInBrowser(address);
}

/** Listens on the wanted port or the next free one. */
async function listenNear(server: Server, wanted: number): Promise<number> {
  for (let port = wanted; port < wanted + PORT_ATTEMPTS; port++) {
    try {
      return await listen(server, port);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    }
  }
  throw new Error(`ports ${wanted} to ${wanted + PORT_ATTEMPTS - 1} are all in use; set PORT to another`);
}

function hasDisplay(): boolean {
  if (process.env['CI']) return false;
  const isUnix = process.platform !== 'darwin' && process.platform !== 'win32';
  return !isUnix || Boolean(process.env['DISPLAY'] ?? process.env['WAYLAND_DISPLAY']);
}

function openInBrowser(url: string): void {
  const [command = '', ...args] =
    process.platform === 'darwin'
      ? ['open', url]
      : process.platform === 'win32'
        ? ['cmd', '/c', 'start', '', url]
        : ['xdg-open', url];
  // Without an opener the printed address has to do.
  spawn(command, args, { stdio: 'ignore', detached: true })
    .on('error', () => undefined)
    .unref();
}
