/** @file For tests: runs the command line as a user would and reads what it leaves behind. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseF32Safetensors, type F32Tensor } from '../src/weights/safetensors.ts';

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  /** Lines on stderr, npm's own remarks left out. */
  readonly stderr: readonly string[];
}

const { scripts: SCRIPTS } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};

/** Runs `generate` in the project's folder. */
export function generate(...args: readonly string[]): Promise<CommandResult> {
  return run('generate', args).result;
}

/** As {@link generate}, with variables added to the environment. */
export function generateIn(
  environment: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<CommandResult> {
  return run('generate', args, environment).result;
}

/** A command that runs. */
interface RunningCommand {
  readonly result: Promise<CommandResult>;
  /** Presses Ctrl-C, which a terminal sends to the command and all that it has started. */
  interrupt(): void;
}

/** Starts what `npm run SCRIPT -- …` starts, without npm, which takes half a second to do so. */
export function run(
  script: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): RunningCommand {
  const [command, ...words] = (SCRIPTS[script] ?? '').split(' ');
  if (command !== 'node') throw new Error(`${script} is no command of this project`);
  return start(process.execPath, [...words, ...args], { INIT_CWD: process.cwd(), ...environment });
}

/** Starts `npm run -s SCRIPT -- …` itself, for what npm has a part in. */
export function runByNpm(script: string, args: readonly string[]): RunningCommand {
  return start('npm', ['run', '-s', script, '--', ...args], {});
}

function start(
  program: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
): RunningCommand {
  const child = spawn(program, words, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
    // A group of its own, as in a terminal.
    detached: true,
  });
  const result = new Promise<CommandResult>((resolve, reject) => {
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => {
      const lines = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('npm warn'));
      resolve({ code, stdout, stderr: lines });
    });
  });
  return { result, interrupt: () => process.kill(-(child.pid ?? NaN), 'SIGINT') };
}

/** The tensors of a dump. */
export function readTensors(file: string): Map<string, F32Tensor> {
  return parseF32Safetensors(readFileSync(file), file);
}

/** Mean of |a − b|. */
export function meanDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs((a[i] ?? NaN) - (b[i] ?? NaN));
  return sum / a.length;
}
