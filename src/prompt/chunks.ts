/**
 * @file A prompt as the chunks that a text encoder reads one by one, as AUTOMATIC1111's web UI cuts them: as many tokens
 * as fit between the markers, a new chunk at every `BREAK`, and rather after a comma than within the phrase behind it.
 */
import type { ClipTokenizer } from '../tokens/clip-tokenizer.ts';
import { parseEmphasis, type WeightedText } from './emphasis.ts';

/** What goes between the markers of one window. */
export interface PromptChunk {
  readonly ids: readonly number[];
  /** Of each id. */
  readonly weights: readonly number[];
}

/** How many tokens may move to the next chunk together, so that a chunk ends in a comma. */
const COMMA_REACH = 20;

type Reader = Pick<ClipTokenizer, 'tokens' | 'capacity' | 'comma'>;

/** At least one chunk of at most `capacity` ids; `capacity` is at least 1. */
export function splitPrompt(prompt: string, reader: Reader): PromptChunk[] {
  const parts = parseEmphasis(prompt);
  return parts.flatMap((part, i) => {
    const chunks = fillChunks(part, reader);
    // A part that ends in a BREAK is a chunk even when it is empty; nothing behind the last one is none.
    return chunks.length === 0 && (i < parts.length - 1 || i === 0) ? [EMPTY_CHUNK] : chunks;
  });
}

/** What a prompt of no words is. */
export const EMPTY_CHUNK: PromptChunk = { ids: [], weights: [] };

/** How long a prompt is: full chunks count whole, and so do those that a `BREAK` ended. */
export function countTokens(chunks: readonly PromptChunk[], capacity: number): number {
  return Math.max(0, chunks.length - 1) * capacity + (chunks.at(-1)?.ids.length ?? 0);
}

function fillChunks(part: readonly WeightedText[], reader: Reader): PromptChunk[] {
  const ids: number[] = [];
  const weights: number[] = [];
  for (const { text, weight } of part) {
    for (const id of reader.tokens(text)) {
      ids.push(id);
      weights.push(weight);
    }
  }
  const chunks: PromptChunk[] = [];
  for (let start = 0; start < ids.length;) {
    const end = chunkEnd(ids, start, reader);
    chunks.push({ ids: ids.slice(start, end), weights: weights.slice(start, end) });
    start = end;
  }
  return chunks;
}

/** Where the chunk ends that begins at `start`. */
function chunkEnd(ids: readonly number[], start: number, { capacity, comma }: Reader): number {
  const end = start + capacity;
  // A comma that begins the next chunk moves nothing, here or there.
  if (end >= ids.length || comma === undefined || ids[end] === comma) return Math.min(end, ids.length);
  const last = ids.lastIndexOf(comma, end - 1);
  const first = start === 0 ? start : start + 1;
  return last >= first && end - last <= COMMA_REACH ? last + 1 : end;
}
