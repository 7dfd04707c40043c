/**
 * @file The only importer of onnxruntime-web. It keeps one session per template and hides three traps of the
 * library (1.30): overlapping calls hang the thread, so every create, run and release goes through one queue
 * for the whole worker; a session whose run failed stays broken, so it is thrown away; and nodes without a GPU
 * kernel silently run on the CPU, which GPU sessions forbid.
 */
import type * as OnnxRuntimeWeb from 'onnxruntime-web/wasm';
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-web/wasm';
import type { Template } from '../architecture/templates/template.ts';
import { AppError } from '../error.ts';
import { GraphBuilder } from '../onnx/graph.ts';
import { hasJspi } from './jspi.ts';
import { SerialQueue } from './serial-queue.ts';
import { withWholeFile } from './whole-file.ts';

type Ort = typeof OnnxRuntimeWeb;
export type { OrtTensor };

const queue = new SerialQueue();
const loaded = new Map<string, Promise<OnnxRuntime>>();

export interface OnnxRuntime {
  readonly ort: Ort;
  /** Size of the WASM instance's linear memory. */
  readonly heapBytes: () => number;
}

/** Loads and starts the build of onnxruntime-web that fits; at most once each. Throws `runtime/start-failed`. */
export function loadOnnxRuntime(kind: 'webgpu' | 'wasm', threads: number): Promise<OnnxRuntime> {
  const build = kind === 'wasm' ? 'wasm' : hasJspi() ? 'jspi' : 'asyncify';
  let runtime = loaded.get(build);
  if (!runtime) {
    runtime = load(build, threads).catch((error: unknown) => {
      loaded.delete(build);
      throw new AppError('runtime/start-failed', { reason: reasonOf(error) }, error);
    });
    loaded.set(build, runtime);
  }
  return runtime;
}

async function load(build: 'wasm' | 'jspi' | 'asyncify', threads: number): Promise<OnnxRuntime> {
  const [ort, wasm] = (await Promise.all(
    build === 'wasm'
      ? [import('onnxruntime-web/wasm'), import('onnxruntime-web/ort-wasm-simd-threaded.wasm?parts')]
      : build === 'jspi'
        ? [import('onnxruntime-web/jspi'), import('onnxruntime-web/ort-wasm-simd-threaded.jspi.wasm?parts')]
        : [
            import('onnxruntime-web/webgpu'),
            import('onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?parts'),
          ],
  )) as [Ort, { default: readonly string[] }];
  ort.env.logLevel = 'error';
  ort.env.wasm.numThreads = threads;
  const parts = wasm.default.map((address) => new URL(address, import.meta.url).href);
  const heapBytes = await withWholeFile(parts, 'application/wasm', (address) => {
    ort.env.wasm.wasmPaths = { wasm: address };
    return start(ort);
  });
  return { ort, heapBytes };
}

/**
 * Makes the library's WASM instance, which it would put off until the first session, and remembers the memory
 * made for it, because the library does not tell how large its heap is.
 */
function start(ort: Ort): Promise<() => number> {
  return queue.run(async () => {
    const memories: WebAssembly.Memory[] = [];
    const Original = WebAssembly.Memory;
    WebAssembly.Memory = class extends Original {
      constructor(descriptor: WebAssembly.MemoryDescriptor) {
        super(descriptor);
        memories.push(this);
      }
    };
    try {
      const session = await ort.InferenceSession.create(identityModel(), { executionProviders: ['wasm'] });
      await session.release();
    } finally {
      WebAssembly.Memory = Original;
    }
    // Where memory cannot be shared, the library makes an empty one first, to learn what shared memory is.
    return () => Math.max(0, ...memories.map(({ buffer }) => buffer.byteLength));
  });
}

function identityModel(): Uint8Array {
  const graph = new GraphBuilder();
  graph.output(graph.node('Identity', [graph.input('x', ['N'])]), ['N']);
  return graph.build('identity');
}

/** Session option that makes a template fail to load rather than compute partly on the CPU in silence. */
export const NO_CPU_FALLBACK = { session: { disable_cpu_ep_fallback: '1' } };

/** One session per template on one set of options. */
export class Sessions {
  readonly #ort: Ort;
  readonly #options: InferenceSession.SessionOptions;
  readonly #sessions = new Map<string, InferenceSession>();

  constructor(ort: Ort, options: InferenceSession.SessionOptions) {
    this.#ort = ort;
    this.#options = options;
  }

  /** Runs a template, compiling it first if need be. Resolves when the work is submitted. */
  run(
    template: Template,
    feeds: Readonly<Record<string, OrtTensor>>,
    fetches?: Readonly<Record<string, OrtTensor>>,
  ): Promise<OrtTensor> {
    return queue.run(async () => {
      try {
        const session = await this.#session(template);
        const results = await (fetches ? session.run(feeds, fetches) : session.run(feeds));
        const output = results[template.output];
        if (!output) throw new Error(`the graph gave no output "${template.output}"`);
        return output;
      } catch (error) {
        await this.#drop(template.key);
        throw new AppError('runtime/run-failed', { stage: template.key, reason: reasonOf(error) }, error);
      }
    });
  }

  /** Releases every session. */
  release(): Promise<void> {
    return queue.run(async () => {
      for (const key of [...this.#sessions.keys()]) await this.#drop(key);
    });
  }

  async #session(template: Template): Promise<InferenceSession> {
    const known = this.#sessions.get(template.key);
    if (known) return known;
    const session = await this.#ort.InferenceSession.create(template.model, this.#options);
    this.#sessions.set(template.key, session);
    return session;
  }

  async #drop(key: string): Promise<void> {
    const session = this.#sessions.get(key);
    this.#sessions.delete(key);
    // A session that failed may refuse to be released too; there is nothing left to do for it then.
    await session?.release().catch(() => undefined);
  }
}

/** What ONNX Runtime says, without its error numbers and the paths of its source files. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/^.*ERROR_MESSAGE: /s, '').replace(/\S+\.(h|cc|cpp):\d+ /g, '');
}
