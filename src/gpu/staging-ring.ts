/**
 * @file The way of weights, and of what networks are fed with, to the GPU: a few mappable buffers of ours, used in turn.
 * The page writes into one while the GPU copies from the others, and every byte of them is counted; `queue.writeBuffer`
 * would make copies of its own that nobody can count or bound.
 */
import type { Allocator } from './allocator.ts';
import type { Ledger } from './ledger.ts';

/** Bytes and where they go; the offset is a multiple of 4. */
export interface StagedWrite {
  readonly bytes: Uint8Array;
  readonly target: GPUBuffer;
  readonly offset: number;
}

interface Copy {
  readonly target: GPUBuffer;
  readonly from: number;
  readonly to: number;
  readonly length: number;
}

/** Copies are made of whole words. */
const WORD = 4;

export class StagingRing {
  readonly #device: GPUDevice;
  readonly #ledger: Ledger;
  readonly #allocator: Allocator;
  #chunkBytes = 4 * 1024 ** 2;
  #chunks = 2;
  /** Buffers of the present size that are there, idle or not, and those that are at least on their way. */
  #made = 0;
  #begun = 0;
  /** Mapped buffers, ready to be written. */
  #idle: GPUBuffer[] = [];
  #waiting: { resolve: (buffer: GPUBuffer) => void; reject: (reason: unknown) => void }[] = [];
  /** Buffers on their way back from the GPU. */
  readonly #returning = new Set<Promise<void>>();

  constructor(device: GPUDevice, ledger: Ledger, allocator: Allocator) {
    this.#device = device;
    this.#ledger = ledger;
    this.#allocator = allocator;
    // The ring becomes whole whenever much is sent; until then nothing else may have its memory.
    allocator.reservedBytes = () => (this.#chunks - this.#made) * this.#chunkBytes;
  }

  /** How large the ring may become: so many buffers of so many bytes, a multiple of 4. Not during a write. */
  async resize(chunkBytes: number, chunks: number): Promise<void> {
    if (chunkBytes === this.#chunkBytes && chunks === this.#chunks) return;
    await this.close();
    this.#chunkBytes = chunkBytes;
    this.#chunks = chunks;
  }

  /** Gives the memory back once the GPU is done with it; the next write makes new buffers. */
  async close(): Promise<void> {
    await Promise.all(this.#returning);
    for (const buffer of this.#idle) buffer.destroy();
    this.#made -= this.#idle.length;
    this.#begun -= this.#idle.length;
    this.#idle = [];
  }

  /** Copies the bytes to the GPU, in order; resolves when everything is submitted. */
  async write(writes: readonly StagedWrite[]): Promise<void> {
    let chunk: GPUBuffer | undefined;
    let view = new Uint8Array();
    let used = 0;
    let copies: Copy[] = [];
    const flush = (): void => {
      if (chunk) this.#submit(chunk, copies);
      chunk = undefined;
      copies = [];
      used = 0;
    };
    for (const { bytes, target, offset } of writes) {
      for (let at = 0; at < bytes.length;) {
        if (used === this.#chunkBytes) flush();
        if (!chunk) {
          chunk = await this.#take();
          view = new Uint8Array(chunk.getMappedRange());
        }
        const part = bytes.subarray(at, at + view.length - used);
        view.set(part, used);
        const length = Math.ceil(part.length / WORD) * WORD;
        copies.push({ target, from: used, to: offset + at, length });
        used += length;
        at += part.length;
      }
    }
    flush();
  }

  #submit(chunk: GPUBuffer, copies: readonly Copy[]): void {
    chunk.unmap();
    const encoder = this.#device.createCommandEncoder();
    for (const { target, from, to, length } of copies)
      encoder.copyBufferToBuffer(chunk, from, target, to, length);
    this.#device.queue.submit([encoder.finish()]);
    const returning = chunk.mapAsync(GPUMapMode.WRITE).then(
      () => this.#ready(chunk),
      (error: unknown) => this.#fail(chunk, error),
    );
    this.#returning.add(returning);
    void returning.then(() => this.#returning.delete(returning));
  }

  async #take(): Promise<GPUBuffer> {
    const idle = this.#idle.pop();
    if (idle) return idle;
    if (this.#begun >= this.#chunks) {
      return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
    }
    this.#begun++;
    try {
      return await this.#allocator.make(0, () => this.#make());
    } catch (error) {
      this.#begun--;
      throw error;
    }
  }

  #make(): GPUBuffer {
    const buffer = this.#ledger.create('staging', {
      size: this.#chunkBytes,
      usage: GPUBufferUsage.MAP_WRITE | GPUBufferUsage.COPY_SRC,
      mappedAtCreation: true,
    });
    this.#made++;
    return buffer;
  }

  #ready(chunk: GPUBuffer): void {
    const next = this.#waiting.shift();
    if (next) next.resolve(chunk);
    else this.#idle.push(chunk);
  }

  /** A buffer that cannot be mapped again belongs to a lost device; nobody may wait for it. */
  #fail(chunk: GPUBuffer, error: unknown): void {
    this.#made--;
    this.#begun--;
    chunk.destroy();
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
