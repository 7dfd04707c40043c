/**
 * @file The page's side of the protocol: an {@link Engine} whose work is done in a worker. The worker is
 * started by the first command. After a crash, or an error that leaves ONNX Runtime unusable (it initialises
 * once per realm), the next command gets a fresh worker.
 */
import { AppError, fromPlainError, throwIfAborted, type ErrorCode } from '../error.ts';
import type { Engine, EngineCommand, EngineEvent } from './protocol/engine.ts';
import type { GenerateHandlers } from './protocol/generate.ts';
import type { LibraryCall, LibraryHandlers } from './protocol/library.ts';
import type { TrialHandlers } from './protocol/lora-desk.ts';

/** What the client needs of a `Worker`. */
export interface EngineWorker {
  addEventListener(type: 'message', listener: (event: MessageEvent<EngineEvent>) => void): void;
  /** The message is missing when the worker's script could not be loaded. */
  addEventListener(type: 'error', listener: (event: { readonly message?: string }) => void): void;
  addEventListener(type: 'messageerror', listener: () => void): void;
  postMessage(command: EngineCommand): void;
  terminate(): void;
}

type Work = Exclude<EngineCommand, { type: 'cancel' }>;
type Done = Extract<EngineEvent, { type: 'done' }>['value'];

interface Handlers extends GenerateHandlers {
  readonly onTrialProgress?: TrialHandlers['onProgress'];
  readonly onLibraryProgress?: LibraryHandlers['onProgress'];
}

interface Pending {
  readonly handlers: Handlers;
  readonly resolve: (value: Done) => void;
  readonly reject: (error: AppError) => void;
}

/** Errors after which the runtime inside the worker is not to be trusted with another command. */
const REALM_FAILURES: ReadonlySet<ErrorCode> = new Set([
  'gpu/device-lost',
  'gpu/out-of-memory',
  'runtime/start-failed',
  'runtime/run-failed',
]);

/** The engine as the page uses it. */
export function createEngineClient(startWorker: () => EngineWorker = startEngineWorker): Engine {
  let connection: Connection | undefined;
  let lastId = 0;
  const send = <T extends Done>(command: Work, handlers: Handlers = {}): Promise<T> => {
    if (connection?.isRetired !== false) connection = new Connection(startWorker());
    return connection.send(command, handlers) as Promise<T>;
  };
  const callLibrary = <T extends Done>(
    call: LibraryCall,
    { onProgress, ...handlers }: LibraryHandlers = {},
  ): Promise<T> =>
    send(
      { type: 'library', id: ++lastId, call },
      { ...handlers, ...(onProgress && { onLibraryProgress: onProgress }) },
    );
  return {
    probe: () => send({ type: 'probe', id: ++lastId }),
    examine: (page) => send({ type: 'examine', id: ++lastId, page }),
    describe: (model) => send({ type: 'describe', id: ++lastId, model }),
    countTokens: (model, text) => send({ type: 'count-tokens', id: ++lastId, model, text }),
    generate: (request, handlers) => send({ type: 'generate', id: ++lastId, request }, handlers),
    refusals: (request, sizes) => send({ type: 'refusals', id: ++lastId, request, sizes }),
    lora: {
      inspect: (order, handlers) =>
        send({ type: 'lora', id: ++lastId, call: { method: 'inspect', order } }, handlers),
      measure: (order, handlers) =>
        send({ type: 'lora', id: ++lastId, call: { method: 'measure', order } }, handlers),
      adapt: (order, handlers) =>
        send({ type: 'lora', id: ++lastId, call: { method: 'adapt', order } }, handlers),
      check: (order, { onProgress, ...handlers }) =>
        send(
          { type: 'lora', id: ++lastId, call: { method: 'check', order } },
          { ...handlers, ...(onProgress && { onTrialProgress: onProgress }) },
        ),
    },
    library: {
      list: () => callLibrary({ method: 'list' }),
      inspect: (model) => callLibrary({ method: 'inspect', model }),
      addresses: (model) => callLibrary({ method: 'addresses', model }),
      add: (model, options, handlers) => callLibrary({ method: 'add', model, options }, handlers),
      verify: (id, options, handlers) => callLibrary({ method: 'verify', id, options }, handlers),
      remove: (id) => callLibrary({ method: 'remove', id }),
    },
  };
}

function startEngineWorker(): EngineWorker {
  // Relative to this module, so that the site works from any path.
  return new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
}

/** One worker and the commands it has not answered yet. */
class Connection {
  isRetired = false;
  readonly #worker: EngineWorker;
  readonly #pending = new Map<number, Pending>();

  constructor(worker: EngineWorker) {
    this.#worker = worker;
    worker.addEventListener('message', ({ data }) => this.#receive(data));
    worker.addEventListener('error', ({ message }) =>
      this.#crash(message ?? 'its script could not be loaded'),
    );
    worker.addEventListener('messageerror', () => this.#crash('a message from it could not be read'));
  }

  async send(command: Work, handlers: Handlers): Promise<Done> {
    const { signal } = handlers;
    throwIfAborted(signal);
    const { id } = command;
    const cancel = () => this.#worker.postMessage({ type: 'cancel', id });
    try {
      return await new Promise<Done>((resolve, reject) => {
        this.#pending.set(id, { handlers, resolve, reject });
        signal?.addEventListener('abort', cancel);
        this.#worker.postMessage(command);
      });
    } finally {
      signal?.removeEventListener('abort', cancel);
      this.#pending.delete(id);
      if (this.isRetired && this.#pending.size === 0) this.#worker.terminate();
    }
  }

  #receive(event: EngineEvent): void {
    const pending = this.#pending.get(event.id);
    switch (event.type) {
      case 'progress':
        pending?.handlers.onProgress?.(event.progress);
        break;
      case 'preview':
        pending?.handlers.onPreview?.(event.index, event.step, event.image);
        break;
      case 'notice':
        pending?.handlers.onNotice?.(event.notice);
        break;
      case 'image':
        pending?.handlers.onImage?.(event.image, event.facts);
        break;
      case 'trial-progress':
        pending?.handlers.onTrialProgress?.(event.done, event.total);
        break;
      case 'library-progress':
        pending?.handlers.onLibraryProgress?.(event.progress);
        break;
      case 'done':
        pending?.resolve(event.value);
        break;
      case 'failed':
        if (REALM_FAILURES.has(event.error.code)) this.isRetired = true;
        pending?.reject(fromPlainError(event.error));
        break;
    }
  }

  #crash(reason: string): void {
    this.isRetired = true;
    this.#worker.terminate();
    for (const { reject } of this.#pending.values()) reject(new AppError('engine/crashed', { reason }));
  }
}
