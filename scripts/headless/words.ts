/**
 * @file How the commands read their words: strictly. What is misspelt, malformed or given twice is a usage error,
 * never ignored. Nothing here looks at the disk.
 */
import { parseArgs } from 'node:util';
import type { ParseArgsConfig } from 'node:util';

/** Wrong usage; the message is one sentence. The command ends with exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * Flags and other words of a command line.
 * @param mayBeEmpty flags that take an empty value
 * @throws UsageError
 */
export function readWords<T extends NonNullable<ParseArgsConfig['options']>>(
  argv: readonly string[],
  options: T,
  mayBeEmpty: readonly string[] = [],
) {
  try {
    const parsed = parseArgs({
      args: [...argv],
      options,
      allowPositionals: true,
      strict: true,
      tokens: true,
    });
    const given = parsed.tokens.flatMap((token) => (token.kind === 'option' ? [token] : []));
    const names = given.map(({ name }) => name);
    const twice = names.find(
      (name, index) => names.indexOf(name) !== index && options[name]?.multiple !== true,
    );
    if (twice !== undefined) throw new UsageError(`--${twice} is given twice`);
    const empty = given.find(({ name, value }) => value === '' && !mayBeEmpty.includes(name));
    if (empty !== undefined) throw new UsageError(`--${empty.name} needs a value`);
    return parsed;
  } catch (error) {
    if (error instanceof UsageError || !(error instanceof Error)) throw error;
    const dashed = /'[^']*(--[\w-]+)[^']*' argument is ambiguous/.exec(error.message)?.[1];
    if (dashed !== undefined) {
      throw new UsageError(
        `${dashed} is followed by a value with a dash; write ${dashed}=VALUE if that is meant`,
      );
    }
    throw new UsageError(firstSentence(error.message));
  }
}

/** A whole number, `least` or above; without it, above 0. */
export function readInteger(name: string, text: string | undefined, least?: number): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (value >= (least ?? 1) && Number.isSafeInteger(value)) return value;
  throw new UsageError(
    `--${name} takes a whole number${least === undefined ? ' above 0' : `, ${least} or above`}`,
  );
}

/** A number, 0 or above. */
export function readNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+(\.\d+)?$/.test(text)) throw new UsageError(`--${name} takes a number, 0 or above`);
  return Number(text);
}

/** One of some words. */
export function readChoice<T extends string>(
  name: string,
  text: string | undefined,
  choices: readonly T[],
): T | undefined {
  const choice = choices.find((candidate) => candidate === text);
  if (text !== undefined && choice === undefined) {
    throw new UsageError(`--${name} takes ${choices.join(', ')}; not "${text}"`);
  }
  return choice;
}

/** The entry, or none where there is no value: optional properties are absent, never undefined. */
export function defined<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]: V });
}

/** Node's own messages go on for several sentences and lines; the first says what is wrong. */
function firstSentence(message: string): string {
  return (message.split(/\.\s|\n/, 1)[0] ?? message).replace(/\.$/, '');
}
