/** @file Widens matrices on the CPU, turned, with what is added to them: a kernel in WebAssembly and the memory it needs. */
import type { LowRank } from './backend.ts';
import code from './kernels/expand.wat';

/** A block of the kernel; matrices of other sizes are filled up. */
const BLOCK_ROWS = 4;
const BLOCK_COLUMNS = 8;
/** Bytes of results made at a time: they stay in the processor's cache until they are copied out. */
const STRIP_BYTES = 64 * 1024;
const PAGE_BYTES = 64 * 1024;

interface Kernel {
  readonly memory: WebAssembly.Memory;
  /** Addresses and sizes as `kernels/expand.wat` has them. */
  expand_transposed(...parameters: readonly number[]): void;
}

export class HostExpander {
  readonly #kernel: Kernel;

  constructor() {
    const instance = new WebAssembly.Instance(new WebAssembly.Module(code));
    this.#kernel = instance.exports as unknown as Kernel;
  }

  /**
   * bfloat16 [rows, columns] → float32 [columns, rows], exactly; with `added`, the sum of both, rounded once.
   * @param output for the result, of as many values as the weights
   */
  transposed(
    weights: Uint16Array,
    [rows, columns]: readonly [rows: number, columns: number],
    added?: LowRank,
    output = new Float32Array(weights.length),
  ): Float32Array {
    const [heldRows, heldColumns] = [fill(rows, BLOCK_ROWS), fill(columns, BLOCK_COLUMNS)];
    const rank = added?.rank ?? 0;
    const strip = fill(STRIP_BYTES / (4 * heldRows), BLOCK_COLUMNS);
    const up = 2 * heldRows * heldColumns;
    const down = up + 4 * rank * heldRows;
    const target = down + 4 * rank * heldColumns;
    this.#reserve(target + 4 * strip * heldRows);
    const { buffer } = this.#kernel.memory;
    copyRows(new Uint16Array(buffer, 0, heldRows * heldColumns), weights, columns, heldColumns);
    if (added) {
      copyRows(new Float32Array(buffer, up, rank * heldRows), added.up, rows, heldRows);
      copyRows(new Float32Array(buffer, down, rank * heldColumns), added.down, columns, heldColumns);
    }
    const made = new Float32Array(buffer, target, strip * heldRows);
    for (let first = 0; first < columns; first += strip) {
      const last = Math.min(heldColumns, first + strip);
      this.#kernel.expand_transposed(heldRows, heldColumns, first, last, rank, 0, up, down, target);
      const wanted = Math.min(columns, last) - first;
      copyRows(output.subarray(first * rows), made.subarray(0, wanted * heldRows), heldRows, rows);
    }
    return output;
  }

  #reserve(bytes: number): void {
    const { memory } = this.#kernel;
    const missing = bytes - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
  }
}

function fill(size: number, block: number): number {
  return Math.max(1, Math.ceil(size / block)) * block;
}

/** Copies rows of one width to rows of another, as far as the narrower goes. */
function copyRows<T extends Uint16Array | Float32Array>(
  target: T,
  source: T,
  sourceWidth: number,
  targetWidth: number,
): void {
  if (sourceWidth === targetWidth) {
    target.set(source);
    return;
  }
  const width = Math.min(sourceWidth, targetWidth);
  for (let row = 0; row * sourceWidth < source.length; row++)
    target.set(source.subarray(row * sourceWidth, row * sourceWidth + width), row * targetWidth);
}
