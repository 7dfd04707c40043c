/**
 * @file The JSON of a tokenizer's files, as untrusted data.
 */
import { AppError } from '../error.ts';

type JsonRecord = Readonly<Record<string, unknown>>;

/** A parsed file and its name for messages. */
export interface JsonFile {
  readonly file: string;
  readonly record: JsonRecord;
}

/** Parses a file that has to hold one JSON object; an absent file (`undefined`) is an empty one. */
export function parseJsonFile(file: string, text: string | undefined): JsonFile {
  if (text === undefined) return { file, record: {} };
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch (error) {
    throw invalidTokenizer(file, error instanceof Error ? error.message : String(error));
  }
  if (!isRecord(record)) throw invalidTokenizer(file, 'it is not a JSON object');
  return { file, record };
}

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The error for a file whose content is not a CLIP tokenizer's. */
export function invalidTokenizer(file: string, reason: string): AppError<'model/tokenizer-invalid'> {
  return new AppError('model/tokenizer-invalid', { file, reason });
}
