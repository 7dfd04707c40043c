/**
 * @file Counts the bytes of every buffer of a device, ours and ONNX Runtime's, by watching the device itself.
 * `destroy()` only ends our use: a buffer's bytes leave the count once the work submitted before has completed.
 * Every memory figure of the product comes from here.
 */

/**
 * What a buffer is for: weights as bfloat16, weights widened to float32, everything else a network computes with,
 * bytes on their way in, what ONNX Runtime and the kernels allocate for themselves, and results on their way out.
 */
export type MemoryKind = 'weights' | 'expanded' | 'activations' | 'staging' | 'runtime' | 'readback';
export type BytesByKind = Readonly<Record<MemoryKind, number>>;

interface Entry {
  kind: MemoryKind;
  readonly bytes: number;
}

export class Ledger {
  readonly #device: GPUDevice;
  readonly #entries = new WeakMap<GPUBuffer, Entry>();
  readonly #live = noBytes();
  #liveBytes = 0;
  #peak = noBytes();
  #peakBytes = 0;
  #uploadedBytes = 0;
  #leavingBytes = 0;
  /** Kind of the buffers being made; whoever does not say is ONNX Runtime. */
  #kind: MemoryKind = 'runtime';
  /** Buffers destroyed since the queue was last asked when it will be done with them. */
  #leaving: Entry[] = [];
  /** One for each time the queue was asked and has not answered yet. */
  #departures: Promise<void>[] = [];

  constructor(device: GPUDevice) {
    this.#device = device;
    const createBuffer = device.createBuffer.bind(device);
    device.createBuffer = (descriptor) => {
      const buffer = createBuffer(descriptor);
      const entry = { kind: this.#kind, bytes: descriptor.size };
      this.#entries.set(buffer, entry);
      this.#add(entry.kind, entry.bytes);
      this.#watchDestroy(buffer, entry);
      return buffer;
    };
  }

  get liveBytes(): number {
    return this.#liveBytes;
  }

  get live(): BytesByKind {
    return { ...this.#live };
  }

  get peakBytes(): number {
    return this.#peakBytes;
  }

  /** What was live at the moment of the peak. */
  get peak(): BytesByKind {
    return { ...this.#peak };
  }

  get uploadedBytes(): number {
    return this.#uploadedBytes;
  }

  /** Bytes that are given up and will leave by themselves. */
  get leavingBytes(): number {
    return this.#leavingBytes;
  }

  /** Makes a buffer of a kind. */
  create(kind: MemoryKind, descriptor: GPUBufferDescriptor): GPUBuffer {
    this.#kind = kind;
    try {
      return this.#device.createBuffer(descriptor);
    } finally {
      this.#kind = 'runtime';
    }
  }

  /** Puts a buffer that is used again under another kind. */
  rename(buffer: GPUBuffer, kind: MemoryKind): void {
    const entry = this.#entries.get(buffer);
    if (!entry || entry.kind === kind) return;
    this.#live[entry.kind] -= entry.bytes;
    this.#live[kind] += entry.bytes;
    entry.kind = kind;
  }

  /** Notes weights sent to the GPU. */
  uploaded(bytes: number): void {
    this.#uploadedBytes += bytes;
  }

  /** Resolves when some of the leaving bytes have left. */
  nextDeparture(): Promise<void> {
    return this.#departures[0] ?? Promise.resolve();
  }

  /** Resolves once the bytes of every buffer destroyed so far have left. */
  async departed(): Promise<void> {
    await Promise.all(this.#departures);
  }

  /** Starts a new measurement of peak and uploads. */
  reset(): void {
    this.#peak = { ...this.#live };
    this.#peakBytes = this.#liveBytes;
    this.#uploadedBytes = 0;
  }

  #add(kind: MemoryKind, bytes: number): void {
    this.#live[kind] += bytes;
    this.#liveBytes += bytes;
    if (this.#liveBytes <= this.#peakBytes) return;
    this.#peakBytes = this.#liveBytes;
    this.#peak = { ...this.#live };
  }

  #watchDestroy(buffer: GPUBuffer, entry: Entry): void {
    const destroy = buffer.destroy.bind(buffer);
    let open = true;
    buffer.destroy = () => {
      destroy();
      if (open) this.#leave(entry);
      open = false;
      return undefined;
    };
  }

  /** Buffers destroyed together ask the queue together. */
  #leave(entry: Entry): void {
    this.#leavingBytes += entry.bytes;
    this.#leaving.push(entry);
    if (this.#leaving.length === 1) this.#departures.push(Promise.resolve().then(() => this.#depart()));
  }

  async #depart(): Promise<void> {
    const entries = this.#leaving;
    this.#leaving = [];
    const gone = (): void => undefined;
    // A lost device will never use them again either.
    await this.#device.queue.onSubmittedWorkDone().then(gone, gone);
    for (const { kind, bytes } of entries) {
      this.#live[kind] -= bytes;
      this.#liveBytes -= bytes;
      this.#leavingBytes -= bytes;
    }
    // The queue answers in the order it was asked.
    void this.#departures.shift();
  }
}

function noBytes(): Record<MemoryKind, number> {
  return { weights: 0, expanded: 0, activations: 0, staging: 0, runtime: 0, readback: 0 };
}
