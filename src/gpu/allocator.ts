/**
 * @file Makes our buffers within a budget. What is given back is first kept for the next buffer of the same size:
 * the queue runs in order, so a buffer can be written again as soon as the work that reads it is submitted, without
 * waiting and without a byte more. Where memory is short, making a buffer waits until enough has left.
 */
import { AppError } from '../error.ts';
import type { Ledger, MemoryKind } from './ledger.ts';
import { Spares } from './spares.ts';

/** Buffers are multiples of this; ONNX Runtime binds whole vectors. */
const ALIGNMENT = 16;

/** Work beside weights: what a store ahead of time must leave room for. */
const WORK_KINDS = ['activations', 'runtime', 'readback'] as const;

export class Allocator {
  /** Bytes that may be live at any moment. */
  budgetBytes = Infinity;
  /** How many of these are kept for what is not there yet. */
  reservedBytes = (): number => 0;
  readonly #ledger: Ledger;
  readonly #limit: number;
  readonly #spares = new Spares<GPUBuffer>();

  constructor(device: GPUDevice, ledger: Ledger) {
    this.#ledger = ledger;
    this.#limit = Math.min(device.limits.maxBufferSize, device.limits.maxStorageBufferBindingSize);
  }

  /**
   * A buffer of at least so many bytes, once there is room. Throws `gpu/limit`, or `gpu/out-of-memory` when the
   * room will never come.
   */
  async allocate(bytes: number, kind: MemoryKind): Promise<GPUBuffer> {
    const size = this.#size(bytes);
    return this.#takeSpare(size, kind) ?? this.make(size, () => this.#create(size, kind));
  }

  /**
   * A buffer for weights that are not wanted yet, which leaves `workBytes` to the work under way; `undefined` when
   * there is no room for both.
   */
  async allocateAhead(bytes: number, kind: MemoryKind, workBytes: number): Promise<GPUBuffer | undefined> {
    const size = this.#size(bytes);
    const excess = (): number => {
      const { live } = this.#ledger;
      const work = WORK_KINDS.reduce((sum, name) => sum + live[name], 0);
      return this.#excess(Math.max(0, workBytes - work) + size);
    };
    return this.#takeSpare(size, kind) ?? this.#whenFits(excess, () => this.#create(size, kind));
  }

  /** Resolves once so many bytes can be allocated, be it by ONNX Runtime. */
  async room(bytes: number): Promise<void> {
    const fits = await this.#whenFits(
      () => this.#excess(bytes),
      () => true,
    );
    if (!fits) this.#refuse(bytes);
  }

  /** Makes a buffer that takes so many bytes, once there is room; 0 for one whose bytes are reserved. */
  async make(bytes: number, create: () => GPUBuffer): Promise<GPUBuffer> {
    return (await this.#whenFits(() => this.#excess(bytes), create)) ?? this.#refuse(bytes);
  }

  /** Takes a buffer back. Work already submitted may still use it. */
  release(buffer: GPUBuffer): void {
    this.#spares.put(buffer, buffer.size);
  }

  /** Destroys the buffers that nothing has asked for since so many sweeps. */
  sweep(sweeps: number): void {
    for (const buffer of this.#spares.sweep(sweeps)) buffer.destroy();
  }

  /** By how much so many bytes more would pass the budget. */
  #excess(bytes: number): number {
    return this.#ledger.liveBytes + this.reservedBytes() + bytes - this.budgetBytes;
  }

  /**
   * Acts as soon as nothing is in excess; until then waits for what has been given up and, where that is not
   * enough, gives up spare buffers, the oldest first. `undefined` when all that is not enough.
   */
  async #whenFits<T>(excess: () => number, act: () => T): Promise<T | undefined> {
    for (;;) {
      const bytes = excess();
      if (bytes <= 0) return act();
      const { leavingBytes } = this.#ledger;
      const spare = bytes > leavingBytes ? this.#spares.oldest() : undefined;
      if (spare) spare.destroy();
      else if (leavingBytes > 0) await this.#ledger.nextDeparture();
      else return undefined;
    }
  }

  #refuse(bytes: number): never {
    const reserved = this.reservedBytes();
    const reason = `${bytes} bytes more than the ${this.#ledger.liveBytes} in use and the ${reserved} reserved would pass the budget of ${this.budgetBytes}`;
    throw new AppError('gpu/out-of-memory', { reason });
  }

  #takeSpare(size: number, kind: MemoryKind): GPUBuffer | undefined {
    const buffer = this.#spares.take(size);
    if (buffer) this.#ledger.rename(buffer, kind);
    return buffer;
  }

  #create(size: number, kind: MemoryKind): GPUBuffer {
    return this.#ledger.create(kind, {
      size,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    });
  }

  #size(bytes: number): number {
    const size = Math.max(ALIGNMENT, Math.ceil(bytes / ALIGNMENT) * ALIGNMENT);
    if (size > this.#limit)
      throw new AppError('gpu/limit', { what: 'tensor', needed: size, limit: this.#limit });
    return size;
  }
}
