/**
 * @file Runs other programs. Whatever they print goes to stderr unless told otherwise, because stdout belongs to the
 * command's own answer (`--json`).
 */
import { spawn } from 'node:child_process';

export interface ChildOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Ends the program when it has printed nothing for so long. */
  readonly silenceMs?: number;
  /** Takes what it prints; by default stderr. */
  readonly output?: (chunk: Buffer) => void;
  /** Takes what it prints on its stderr; by default `output` does. */
  readonly errorOutput?: (chunk: Buffer) => void;
}

/** Runs a program to its end. The exit code; −1 when it could not be started or was ended. */
export function runChild(
  command: string,
  args: readonly string[],
  options: ChildOptions = {},
): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const end = () => child.kill('SIGKILL');
    process.once('exit', end);
    let watchdog = options.silenceMs === undefined ? undefined : setTimeout(end, options.silenceMs);
    const { output = (chunk: Buffer) => process.stderr.write(chunk), errorOutput = output } = options;
    const forward = (take: (chunk: Buffer) => void) => (chunk: Buffer) => {
      take(chunk);
      watchdog = watchdog?.refresh();
    };
    child.stdout.on('data', forward(output));
    child.stderr.on('data', forward(errorOutput));
    child.on('error', () => resolve(-1));
    child.on('close', (code) => {
      clearTimeout(watchdog);
      process.off('exit', end);
      resolve(code ?? -1);
    });
  });
}

/** How to run npm from here: the npm that runs us, else the one on the search path. */
export function npmCommand(): { command: string; args: string[] } {
  const running = process.env['npm_execpath'];
  if (running?.endsWith('.js')) return { command: process.execPath, args: [running] };
  return { command: process.platform === 'win32' ? 'npm.cmd' : 'npm', args: [] };
}
