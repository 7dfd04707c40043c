/**
 * @file Reads the fields of a `config.json`. A field that is absent takes its documented default, one of the
 * wrong type is `model/config-invalid`, and a value this program does not compute is `model/unsupported`
 * with the field's name: nothing that changes the numbers is passed over in silence.
 */
import { AppError } from '../error.ts';

const MAX_LAYERS = 1000;

/** The fields of one config file. */
export class Config {
  /** Path inside the model folder, for messages. */
  readonly file: string;
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(file: string, fields: Readonly<Record<string, unknown>>) {
    this.file = file;
    this.fields = fields;
  }

  /** Parses the text of a config file. */
  static parse(file: string, text: string): Config {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      throw new AppError('model/config-invalid', { file, reason: 'it is not valid JSON' }, error);
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new AppError('model/config-invalid', { file, reason: 'it does not hold a JSON object' });
    }
    return new Config(file, value as Record<string, unknown>);
  }

  /** The value as it stands; `null` counts as absent. */
  raw(name: string): unknown {
    return this.fields[name] ?? undefined;
  }

  integer(name: string, fallback?: number): number {
    const value = this.#required(name, fallback);
    return Number.isSafeInteger(value) && (value as number) >= 0
      ? (value as number)
      : this.#wrongType(name, 'a whole number');
  }

  number(name: string, fallback?: number): number {
    const value = this.#required(name, fallback);
    return typeof value === 'number' && Number.isFinite(value) ? value : this.#wrongType(name, 'a number');
  }

  /** A number that is divided by, or whose square root is taken. */
  positive(name: string, fallback?: number): number {
    const value = this.number(name, fallback);
    return value > 0 ? value : this.refuse(name, 'a number above 0');
  }

  boolean(name: string, fallback?: boolean): boolean {
    const value = this.#required(name, fallback);
    return typeof value === 'boolean' ? value : this.#wrongType(name, 'true or false');
  }

  string(name: string, fallback?: string): string {
    const value = this.#required(name, fallback);
    return typeof value === 'string' ? value : this.#wrongType(name, 'a text');
  }

  /** A list of positive whole numbers. */
  integers(name: string, fallback?: readonly number[]): number[] {
    const value = this.#required(name, fallback);
    return isPositiveIntegers(value) ? [...value] : this.#wrongType(name, 'a list of positive whole numbers');
  }

  /** A list of finite numbers, or `undefined` when absent. */
  numbers(name: string): number[] | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    const isNumbers =
      Array.isArray(value) && value.every((item) => typeof item === 'number' && Number.isFinite(item));
    return isNumbers ? (value as number[]) : this.#wrongType(name, 'a list of numbers');
  }

  strings(name: string): string[] {
    const value = this.#required(name, undefined);
    const isStrings = Array.isArray(value) && value.every((item) => typeof item === 'string');
    return isStrings ? value : this.#wrongType(name, 'a list of names');
  }

  /** One number for every one of `count` blocks, or a list with one for each. */
  integerPerBlock(name: string, count: number, fallback: number): number[] {
    const value = this.raw(name) ?? fallback;
    if (!Array.isArray(value)) return Array.from({ length: count }, () => this.integer(name, fallback));
    if (value.length !== count) return this.#wrongType(name, `a list of ${count}`);
    return value.every((item) => Number.isSafeInteger(item) && item >= 0)
      ? (value as number[])
      : this.#wrongType(name, 'a list of whole numbers');
  }

  /** The counts, none of them more than any real network has: a slip of the pen must not build for hours. */
  layers<T extends number | readonly number[]>(name: string, counts: T): T {
    if ([counts].flat().some((count) => count > MAX_LAYERS)) this.refuse(name, `at most ${MAX_LAYERS}`);
    return counts;
  }

  /** Refuses every value but those allowed; an absent field passes. */
  only(name: string, allowed: readonly unknown[]): void {
    const value = this.raw(name);
    if (value === undefined || allowed.includes(value)) return;
    this.refuse(
      name,
      allowed.length === 0 ? 'null' : allowed.map((item) => JSON.stringify(item)).join(' or '),
    );
  }

  /** One of the values a text may have. */
  choice<T extends string>(name: string, choices: readonly T[]): T {
    this.only(name, choices);
    return this.string(name) as T;
  }

  /** Refuses the field's value; `supported` says what would do. */
  refuse(name: string, supported: string): never {
    const value = JSON.stringify(this.raw(name) ?? null);
    throw new AppError('model/unsupported', { file: this.file, field: name, value, supported });
  }

  /** Says that the values of the config contradict each other. */
  contradiction(reason: string): never {
    throw new AppError('model/config-invalid', { file: this.file, reason });
  }

  #required(name: string, fallback: unknown): unknown {
    const value = this.raw(name) ?? fallback;
    if (value === undefined) this.contradiction(`the field "${name}" is missing`);
    return value;
  }

  #wrongType(name: string, expected: string): never {
    this.contradiction(`the field "${name}" is ${JSON.stringify(this.raw(name))}, not ${expected}`);
  }
}

function isPositiveIntegers(value: unknown): value is number[] {
  return (
    Array.isArray(value) && value.length > 0 && value.every((item) => Number.isSafeInteger(item) && item > 0)
  );
}
