/**
 * @file How the commands run and end: exit code 0 on success, 1 on failure or where a bar does not hold, 2 on wrong usage,
 * 130 when stopped; one line on stderr that says what went wrong; and everything a command opened is put away, however it
 * ends.
 */
import type { ParseArgsConfig } from 'node:util';
import { AppError, isCancelled } from '../../src/error.ts';
import { describeFailure } from '../failure.ts';
import { createProgressPrinter } from './progress.ts';
import { readWords, UsageError } from './words.ts';

const EXIT_FAILURE = 1;
const EXIT_USAGE = 2;
const EXIT_INTERRUPTED = 130;

/** A command that runs. */
export class Command {
  /** The words after the program's name. */
  readonly words: readonly string[] = process.argv.slice(2);
  /** npm runs scripts in the project's folder; names on the command line start where the user stands. */
  readonly folder = process.env['INIT_CWD'] ?? process.cwd();
  readonly printer = createProgressPrinter();
  /** Whether what the command measures is as it has to be; it ends with exit code 1 where it is not. */
  holds = true;
  readonly #cleanups: (() => Promise<void> | void)[] = [];
  readonly #interruption: Promise<never>;

  constructor() {
    this.#interruption = new Promise<never>((_, reject) => {
      for (const signal of ['SIGINT', 'SIGTERM'])
        process.on(signal, () => reject(new AppError('engine/cancelled', {})));
    });
    this.#interruption.catch(() => undefined);
  }

  /** Tells people something on stderr. */
  readonly note = (line: string): void => this.printer.line(`note: ${line}`);

  /** What the work comes to; rejects with `engine/cancelled` as soon as the user stops the command. */
  unlessStopped<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#interruption]);
  }

  /** Is called when the command ends, what was said last first. */
  atEnd(cleanup: () => Promise<void> | void): void {
    this.#cleanups.push(cleanup);
  }

  async end(): Promise<void> {
    for (const cleanup of this.#cleanups.reverse()) await cleanup();
  }
}

/** Runs a command and sets the exit code of the process. */
export async function runCommand(work: (command: Command) => Promise<void>): Promise<void> {
  const command = new Command();
  const { printer } = command;
  let exitCode = 0;
  try {
    await work(command);
    printer.end();
    if (!command.holds) exitCode = EXIT_FAILURE;
  } catch (error) {
    printer.end();
    exitCode = isCancelled(error)
      ? EXIT_INTERRUPTED
      : error instanceof UsageError
        ? EXIT_USAGE
        : EXIT_FAILURE;
    if (exitCode === EXIT_USAGE) printer.line(`error: usage: ${(error as UsageError).message}`);
    if (exitCode === EXIT_FAILURE) printer.line(describeFailure(error));
  } finally {
    await command.end();
  }
  // Whatever an interruption left running must not keep the process alive.
  if (exitCode === EXIT_INTERRUPTED) process.exit(exitCode);
  process.exitCode = exitCode;
}

const HELP = { help: { type: 'boolean' } } as const;

/**
 * Runs a command that has flags and no other words; `--help` prints its usage instead.
 * @param flags all but `help`
 */
export function runWithFlags<T extends NonNullable<ParseArgsConfig['options']>>(
  usage: string,
  flags: T,
  work: (command: Command, values: ReturnType<typeof readWords<T & typeof HELP>>['values']) => Promise<void>,
): Promise<void> {
  return runCommand(async (command) => {
    const { values, positionals } = readWords(command.words, { ...flags, ...HELP });
    if ((values as { help?: boolean }).help === true) {
      process.stdout.write(usage);
      return;
    }
    if (positionals.length > 0) throw new UsageError(`"${positionals[0]}" is not expected`);
    await work(command, values);
  });
}
