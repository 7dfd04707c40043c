/**
 * @file What the texts of a request are to the text encoders: windows of token ids, every one of them listed once, and
 * how much their tokens weigh. All texts of a request get as many windows, because the UNet evaluates them in lockstep.
 */
import { AppError } from '../error.ts';
import { countTokens, EMPTY_CHUNK, splitPrompt, type PromptChunk } from '../prompt/chunks.ts';
import type { Model, TextEncoder } from './model.ts';
import type { TokenCount } from './protocol/model.ts';

/** A text to encode, and whether it is what the picture shall be or what it shall not. */
export interface NamedText {
  readonly which: 'prompt' | 'negative';
  readonly text: string;
}

/** A window of one encoder, and what its tokens weigh. */
export interface WeightedWindow {
  /** Index among the encoder's {@link Prompts.windows}. */
  readonly window: number;
  /** Of every token, markers and padding included; `undefined` where all weigh 1. */
  readonly weights: Float32Array | undefined;
}

interface ReadText {
  readonly which: NamedText['which'];
  /** By encoder, what its states are joined from. */
  readonly byEncoder: readonly (readonly WeightedWindow[])[];
}

export interface Prompts {
  readonly texts: readonly ReadText[];
  /** By encoder, the distinct windows of all texts. */
  readonly windows: readonly (readonly Int32Array[])[];
  /** Length of the context that the UNet reads, in tokens. */
  readonly tokens: number;
}

/** Weights beyond this leave of a text nothing but numbers too large to paint with. */
const MOST_WEIGHT = 100;

/** Reads texts, the first of them the prompt. Throws `request/invalid` for an emphasis that is out of all bounds. */
export function readPrompts({ encoders }: Pick<Model, 'encoders'>, texts: readonly NamedText[]): Prompts {
  const chunks = texts.map(({ text }) => encoders.map(({ tokenizer }) => splitPrompt(text, tokenizer)));
  for (const { weights } of chunks.flat(2)) weights.forEach(checkWeight);
  const count = Math.max(...chunks.flat().map(({ length }) => length));
  const lists = encoders.map(() => new WindowList());
  const read = texts.map(({ which }, t) => ({
    which,
    byEncoder: encoders.map((encoder, e) =>
      Array.from({ length: count }, (_, i) =>
        weightedWindow(encoder, chunks[t]?.[e]?.[i] ?? EMPTY_CHUNK, lists[e] ?? new WindowList()),
      ),
    ),
  }));
  return {
    texts: read,
    windows: lists.map(({ windows }) => windows),
    tokens: count * encoders[0].tokenizer.maxLength,
  };
}

/** How long a text is to the encoder to which it is longest. */
export function countPrompt({ encoders }: Pick<Model, 'encoders'>, text: string): TokenCount {
  const counts = encoders.map(({ tokenizer }): TokenCount => {
    const chunks = splitPrompt(text, tokenizer);
    const { capacity } = tokenizer;
    return { tokens: countTokens(chunks, capacity), limit: chunks.length * capacity };
  });
  return counts.reduce((most, count) => (count.tokens > most.tokens ? count : most));
}

function weightedWindow({ tokenizer }: TextEncoder, chunk: PromptChunk, list: WindowList): WeightedWindow {
  const { ids, start } = tokenizer.window(chunk.ids);
  const window = list.indexOf(ids);
  if (chunk.weights.every((weight) => weight === 1)) return { window, weights: undefined };
  const weights = new Float32Array(ids.length).fill(1);
  weights.set(chunk.weights, start);
  return { window, weights };
}

/** Windows, each once. */
class WindowList {
  readonly windows: Int32Array[] = [];
  readonly #indices = new Map<string, number>();

  indexOf(ids: Int32Array): number {
    const key = ids.join();
    const index = this.#indices.get(key) ?? this.windows.push(ids) - 1;
    this.#indices.set(key, index);
    return index;
  }
}

function checkWeight(weight: number): void {
  if (Math.abs(weight) <= MOST_WEIGHT) return;
  const value = Number(weight.toPrecision(6)).toString();
  throw new AppError('request/invalid', {
    ...{ field: 'emphasis', value },
    expected: `${-MOST_WEIGHT} to ${MOST_WEIGHT}, all brackets around a word together`,
  });
}
