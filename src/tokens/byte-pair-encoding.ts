/**
 * @file Byte-pair encoding of one word (Sennrich et al. 2016, "Neural Machine Translation of Rare Words with
 * Subword Units"): the pair with the lowest rank merges first, the leftmost one among equals, until no pair is
 * left. A queue of candidates keeps this near-linear, so a word of 100 000 letters does not hang.
 */
import { toByteSymbols } from './byte-level.ts';
import { MinHeap } from './min-heap.ts';

/** One merge: two token ids that become a third. A merge's rank is its place in the list. */
export interface Merge {
  readonly left: number;
  readonly right: number;
  readonly merged: number;
}

/** A piece of the word. Pieces form a list; one that went into its left neighbour has the id `GONE`. */
interface Piece {
  readonly position: number;
  id: number;
  left: Piece | undefined;
  right: Piece | undefined;
}

interface Candidate {
  readonly piece: Piece;
  readonly rank: number;
  readonly merged: number;
}

const GONE = -1;

export class BytePairEncoder {
  readonly #vocabulary: ReadonlyMap<string, number>;
  readonly #unknownId: number | undefined;
  /** Multiplier that makes one number of a pair of ids. */
  readonly #idCount: number;
  readonly #merges = new Map<number, { readonly rank: number; readonly merged: number }>();

  /**
   * @param vocabulary token → id, ids below 2²⁴
   * @param merges by rank, their ids from the vocabulary
   * @param unknownId id of a byte that the vocabulary lacks; `undefined` when it lacks none
   */
  constructor(
    vocabulary: ReadonlyMap<string, number>,
    merges: readonly Merge[],
    unknownId: number | undefined,
  ) {
    this.#vocabulary = vocabulary;
    this.#unknownId = unknownId;
    this.#idCount = 1 + [...vocabulary.values()].reduce((highest, id) => Math.max(highest, id), 0);
    for (const [rank, { left, right, merged }] of merges.entries()) {
      this.#merges.set(left * this.#idCount + right, { rank, merged });
    }
  }

  /** The token ids of one word. */
  encode(word: string): number[] {
    const queue = new MinHeap<Candidate>(
      (a, b) => a.rank < b.rank || (a.rank === b.rank && a.piece.position < b.piece.position),
    );
    const enqueue = (piece: Piece | undefined): void => {
      const merge = piece && this.#mergeOf(piece);
      if (merge) queue.push({ piece, ...merge });
    };
    const pieces = this.#pieces(word);
    pieces.forEach(enqueue);
    for (let candidate = queue.pop(); candidate; candidate = queue.pop()) {
      const { piece, rank, merged } = candidate;
      // An earlier merge may have changed either side since this candidate was queued.
      if (!piece.right || this.#mergeOf(piece)?.rank !== rank) continue;
      const gone = piece.right;
      piece.id = merged;
      piece.right = gone.right;
      if (gone.right) gone.right.left = piece;
      gone.id = GONE;
      enqueue(piece);
      enqueue(piece.left);
    }
    return pieces.map((piece) => piece.id).filter((id) => id !== GONE);
  }

  #pieces(word: string): Piece[] {
    const pieces: Piece[] = [];
    for (const symbol of toByteSymbols(word)) {
      const id = this.#vocabulary.get(symbol) ?? this.#unknownId;
      if (id === undefined) continue;
      const left = pieces.at(-1);
      const piece: Piece = { position: pieces.length, id, left, right: undefined };
      if (left) left.right = piece;
      pieces.push(piece);
    }
    return pieces;
  }

  #mergeOf(piece: Piece): { readonly rank: number; readonly merged: number } | undefined {
    if (piece.id === GONE || !piece.right) return undefined;
    return this.#merges.get(piece.id * this.#idCount + piece.right.id);
  }
}
