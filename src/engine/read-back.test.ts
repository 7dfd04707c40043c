import { describe, expect, it } from 'vitest';
import type { Backend, Tensor } from '../runtime/backend.ts';
import { countNonFiniteOnHost } from '../runtime/host-kernels.ts';
import { readOutputs } from './read-back.ts';

/** What reading back needs of a backend, on the CPU; it knows what it holds. */
class HostBackend {
  readonly live = new Set<unknown>();

  hold(...values: number[]): Tensor {
    const tensor = { shape: [values.length], storage: Float32Array.from(values) };
    this.live.add(tensor);
    return tensor;
  }

  countNonFinite({ storage }: Tensor): Promise<number> {
    return Promise.resolve(countNonFiniteOnHost(storage as Float32Array));
  }

  download({ storage }: Tensor): Promise<Float32Array> {
    return Promise.resolve(storage as Float32Array);
  }

  free(tensor: Tensor): void {
    expect(this.live.delete(tensor)).toBe(true);
  }

  get backend(): Backend {
    return this as unknown as Backend;
  }
}

describe('readOutputs', () => {
  it('gives the named outputs of every job and frees them, and leaves the others', async () => {
    const host = new HostBackend();
    const other = host.hold(9);
    const jobs = [
      { a: host.hold(1), b: host.hold(2), other },
      { a: host.hold(3), b: host.hold(4), other },
    ];
    const values = await readOutputs(host.backend, jobs, ['b', 'a'], 'unet');
    expect(values).toEqual([
      { b: Float32Array.of(2), a: Float32Array.of(1) },
      { b: Float32Array.of(4), a: Float32Array.of(3) },
    ]);
    expect([...host.live]).toEqual([other]);
  });

  it('frees those behind one that is not finite too', async () => {
    const host = new HostBackend();
    const jobs = [[1], [NaN, 2, Infinity], [3], [4]].map((values) => ({ a: host.hold(...values) }));
    await expect(readOutputs(host.backend, jobs, ['a'], 'unet')).rejects.toMatchObject({
      code: 'image/not-finite',
      detail: { stage: 'unet', count: 2 },
    });
    expect(host.live.size).toBe(0);
  });

  it('says so where an output is not there', async () => {
    const host = new HostBackend();
    const jobs = [{ a: host.hold(1) }, { a: host.hold(2) }];
    await expect(readOutputs(host.backend, jobs, ['gone', 'a'], 'vae')).rejects.toMatchObject({
      code: 'engine/internal',
    });
    expect(host.live.size).toBe(0);
  });
});
