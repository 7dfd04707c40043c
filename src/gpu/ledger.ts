/**
 * @file Counts the bytes of every buffer of a device, ours and ONNX Runtime's, by watching the device itself.
 * `destroy()` only ends our use: a buffer's bytes leave the count once the work submitted before has completed.
 */

export class Ledger {
  readonly #device: GPUDevice;
  #live = 0;
  #peak = 0;
  #uploaded = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
    const createBuffer = device.createBuffer.bind(device);
    device.createBuffer = (descriptor) => {
      const buffer = createBuffer(descriptor);
      this.#opened(descriptor.size);
      this.#watchDestroy(buffer, descriptor.size);
      return buffer;
    };
  }

  get liveBytes(): number {
    return this.#live;
  }

  get peakBytes(): number {
    return this.#peak;
  }

  get uploadedBytes(): number {
    return this.#uploaded;
  }

  /** Notes weights sent to the GPU. */
  uploaded(bytes: number): void {
    this.#uploaded += bytes;
  }

  /** Starts a new measurement of peak and uploads. */
  reset(): void {
    this.#peak = this.#live;
    this.#uploaded = 0;
  }

  #opened(bytes: number): void {
    this.#live += bytes;
    this.#peak = Math.max(this.#peak, this.#live);
  }

  #watchDestroy(buffer: GPUBuffer, bytes: number): void {
    const destroy = buffer.destroy.bind(buffer);
    let open = true;
    buffer.destroy = () => {
      destroy();
      if (!open) return undefined;
      open = false;
      const close = (): void => void (this.#live -= bytes);
      this.#device.queue.onSubmittedWorkDone().then(close, close);
      return undefined;
    };
  }
}
