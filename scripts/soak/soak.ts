/** @file Keeps count of what comes of the pictures of a soak. */
import { decode } from 'fast-png';
import type { HeapUse } from '../headless/heap.ts';
import type { PictureOrder } from '../headless/paint.ts';
import type { Attempt } from '../kept-pictures.ts';
import type { FailedPicture, Sample, SoakReport } from './report.ts';

/** What has come of the pictures so far. */
export class Soak {
  #setting: SoakReport['setting'];
  #painted = 0;
  #nonFinite = 0;
  #gpu: number | null = null;
  #wasm: number | null = null;
  readonly #failed: FailedPicture[] = [];
  readonly #samples: Sample[] = [];
  readonly #started = performance.now();

  constructor(setting: SoakReport['setting']) {
    this.#setting = setting;
  }

  take({ prompt, seed }: PictureOrder, outcome: Attempt): void {
    this.#painted++;
    const fail = (what: string): unknown =>
      this.#failed.push({ picture: this.#painted, prompt, seed: Number(seed), what });
    if ('refused' in outcome) {
      fail(`${outcome.refused.code}: ${outcome.refused.sentence}`);
      return;
    }
    const { images, backend, adapter, gpu, wasmHeapBytes } = outcome.result;
    this.#setting = { ...this.#setting, backend, adapter };
    this.#gpu = gpu?.idleBytes ?? null;
    this.#wasm = wasmHeapBytes;
    for (const { png, nonFinite, black } of images) {
      if (nonFinite > 0) this.#nonFinite++;
      // The engine's word, and the file's own.
      const colour = onlyColour(png);
      if (black || colour === 0) fail('black');
      else if (colour !== undefined) fail('uniform');
    }
  }

  sample({ objects, buffers }: HeapUse): void {
    this.#samples.push({ pictures: this.#painted, gpu: this.#gpu, wasm: this.#wasm, objects, buffers });
  }

  get report(): SoakReport {
    return {
      setting: this.#setting,
      painted: this.#painted,
      nonFinite: this.#nonFinite,
      failed: this.#failed,
      seconds: (performance.now() - this.#started) / 1000,
      samples: this.#samples,
    };
  }
}

/** The colour of every pixel as one number; `undefined` where there is more than one. */
function onlyColour(png: Uint8Array): number | undefined {
  const { data, channels } = decode(png);
  const colours = Math.min(channels, 3);
  for (let i = 0; i < data.length; i += channels)
    for (let c = 0; c < colours; c++) if (data[i + c] !== data[c]) return undefined;
  return Array.from(data.subarray(0, colours)).reduce((colour, value) => 256 * colour + value, 0);
}
