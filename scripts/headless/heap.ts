/**
 * @file How much memory the page and its workers hold, as the browser itself counts it: objects and array buffers that
 * are still reachable. GPU memory is not among it; WebAssembly memory is where threads share it.
 */
import type { PageAnswer, Session } from './session.ts';

interface Watch {
  peakBytes: number;
  samples: number;
  stopped: boolean;
  done?: Promise<void>;
}

interface HeapGlobals {
  emulsionHeap: Watch;
  readonly performance: {
    /** https://wicg.github.io/performance-measure-memory/; needs cross-origin isolation. */
    measureUserAgentSpecificMemory(): Promise<{ readonly bytes: number }>;
  };
}

/** The most of all samples. A sample is taken at the browser's next garbage collection, every few seconds. */
export interface HeapPeak {
  readonly peakBytes: number;
  readonly samples: number;
}

/** Samples until the answer is called. */
export async function watchHeap(session: Session): Promise<() => Promise<HeapPeak>> {
  await session.call(startWatch, undefined);
  return () => session.call(stopWatch, undefined);
}

function startWatch(): Promise<PageAnswer<undefined>> {
  const page = globalThis as unknown as HeapGlobals;
  const watch: Watch = { peakBytes: 0, samples: 0, stopped: false };
  const sample = async (): Promise<void> => {
    while (!watch.stopped) {
      const { bytes } = await page.performance.measureUserAgentSpecificMemory();
      watch.peakBytes = Math.max(watch.peakBytes, bytes);
      watch.samples++;
    }
  };
  watch.done = sample();
  page.emulsionHeap = watch;
  return Promise.resolve({ value: undefined });
}

async function stopWatch(): Promise<PageAnswer<HeapPeak>> {
  const { emulsionHeap: watch } = globalThis as unknown as HeapGlobals;
  watch.stopped = true;
  await watch.done;
  return { value: { peakBytes: watch.peakBytes, samples: watch.samples } };
}
