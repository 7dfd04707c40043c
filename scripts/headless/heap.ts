/**
 * @file How much memory the page and its workers hold, as the browser itself counts it: objects and array buffers that
 * are still reachable. GPU memory is not among it; WebAssembly memory is where threads share it.
 */
import type { CDPSession } from 'playwright';
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

/** Bytes of JavaScript objects, and of the memory behind array buffers; WebAssembly's is in neither. */
export interface HeapUse {
  readonly objects: number;
  readonly buffers: number;
}

/** What `Runtime.getHeapUsage` of the browser's debugging protocol answers. */
interface HeapUsage {
  readonly usedSize: number;
  readonly backingStorageSize: number;
}

/** A worker's answer, or an event of it, which has no `id`. */
interface WorkerMessage {
  readonly id?: number;
  readonly result?: HeapUsage;
  readonly error?: { readonly message: string };
}

/** What a worker was asked. */
interface Question {
  readonly sessionId: string;
  readonly resolve: (usage: HeapUsage) => void;
  readonly reject: (reason: Error) => void;
}

/** Collects the garbage of the page and of its worker, and tells what is left. */
export class HeapProbe {
  readonly #page: CDPSession;
  /** The page's workers, by the sessions they are reached through; not their own threads, which hold next to nothing. */
  readonly #workers = new Set<string>();
  readonly #questions = new Map<number, Question>();
  #lastId = 0;

  private constructor(page: CDPSession) {
    this.#page = page;
    page.on('Target.attachedToTarget', ({ sessionId }) => this.#workers.add(sessionId));
    page.on('Target.detachedFromTarget', ({ sessionId }) => {
      this.#workers.delete(sessionId);
      for (const question of this.#questions.values())
        if (question.sessionId === sessionId) question.reject(new Error('the worker is gone'));
    });
    page.on('Target.receivedMessageFromTarget', ({ message }) => {
      const { id = 0, result, error } = JSON.parse(message) as WorkerMessage;
      const question = this.#questions.get(id);
      if (result) question?.resolve(result);
      else question?.reject(new Error(error?.message ?? 'the worker did not answer'));
    });
  }

  static async attach(session: Session): Promise<HeapProbe> {
    const page = await session.debug();
    const probe = new HeapProbe(page);
    // Playwright hands on no sessions inside of sessions, so workers are spoken to in messages.
    await page.send('Target.setAutoAttach', {
      ...{ autoAttach: true, waitForDebuggerOnStart: false, flatten: false },
    });
    return probe;
  }

  async collect(): Promise<HeapUse> {
    await this.#page.send('HeapProfiler.collectGarbage');
    const uses: HeapUsage[] = [await this.#page.send('Runtime.getHeapUsage')];
    for (const worker of this.#workers) {
      await this.#ask(worker, 'HeapProfiler.collectGarbage');
      uses.push(await this.#ask(worker, 'Runtime.getHeapUsage'));
    }
    return {
      objects: uses.reduce((sum, { usedSize }) => sum + usedSize, 0),
      buffers: uses.reduce((sum, { backingStorageSize }) => sum + backingStorageSize, 0),
    };
  }

  async #ask(sessionId: string, method: string): Promise<HeapUsage> {
    const id = ++this.#lastId;
    const answer = new Promise<HeapUsage>((resolve, reject) =>
      this.#questions.set(id, { sessionId, resolve, reject }),
    );
    const message = JSON.stringify({ id, method });
    try {
      const sent = this.#page.send('Target.sendMessageToTarget', { sessionId, message });
      const [usage] = await Promise.all([answer, sent]);
      return usage;
    } finally {
      this.#questions.delete(id);
    }
  }
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
