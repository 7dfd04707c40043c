/**
 * @file How a command says what went wrong: one line with a code that scripts can match and a sentence.
 */
import { toPlainError } from '../src/error.ts';
import { errorSentence } from '../src/locale/index.ts';

/** `error: <code>: <sentence>`; with EMULSION_DEBUG set, the cause and its stack come before. */
export function describeFailure(error: unknown): string {
  const plain = toPlainError(error);
  const line = `error: ${plain.code}: ${errorSentence(plain, 'en').replace(/\s+/g, ' ')}`;
  return process.env['EMULSION_DEBUG'] && plain.cause !== undefined ? `${plain.cause}\n${line}` : line;
}
