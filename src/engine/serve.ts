/**
 * @file The worker's side of the protocol: takes commands from a port, runs them on an engine, and posts what
 * comes of them. Errors leave as plain data because structured clone would strip their codes.
 */
import { toPlainError } from '../error.ts';
import type { AdaptedLora, LoraVerdict } from '../lora/verdict.ts';
import type { Engine, EngineCommand, EngineEvent } from './protocol/engine.ts';
import type { GenerateResult } from './protocol/generate.ts';
import type { Library, LibraryCall, LibraryHandlers } from './protocol/library.ts';
import type { LoraCall, LoraCheck, LoraDesk, TrialHandlers } from './protocol/lora-desk.ts';

/** One end of a channel: a worker's global scope, or a `MessagePort`. */
export interface CommandPort {
  addEventListener(type: 'message', listener: (event: MessageEvent<EngineCommand>) => void): void;
  postMessage(event: EngineEvent, transfer: Transferable[]): void;
}

type Work = Exclude<EngineCommand, { type: 'cancel' }>;

/** Answers the commands that arrive at the port for as long as it lives. */
export function serveEngine(engine: Engine, port: CommandPort): void {
  const running = new Map<number, AbortController>();
  port.addEventListener('message', ({ data: command }) => {
    if (command.type === 'cancel') {
      running.get(command.id)?.abort();
      return;
    }
    const controller = new AbortController();
    running.set(command.id, controller);
    void run(engine, command, controller.signal, port).finally(() => running.delete(command.id));
  });
}

async function run(engine: Engine, command: Work, signal: AbortSignal, port: CommandPort): Promise<void> {
  const { id } = command;
  try {
    switch (command.type) {
      case 'probe':
        port.postMessage({ type: 'done', id, value: await engine.probe() }, []);
        break;
      case 'examine':
        port.postMessage({ type: 'done', id, value: await engine.examine(command.page) }, []);
        break;
      case 'describe':
        port.postMessage({ type: 'done', id, value: await engine.describe(command.model) }, []);
        break;
      case 'count-tokens':
        port.postMessage(
          { type: 'done', id, value: await engine.countTokens(command.model, command.text) },
          [],
        );
        break;
      case 'generate': {
        const result = await engine.generate(command.request, {
          signal,
          onProgress: (progress) => port.postMessage({ type: 'progress', id, progress }, []),
          onPreview: (index, step, image) =>
            port.postMessage({ type: 'preview', id, index, step, image }, [image.data.buffer]),
          onNotice: (notice) => port.postMessage({ type: 'notice', id, notice }, []),
          // A copy: the file goes with the result too.
          onImage: (image, facts) => port.postMessage({ type: 'image', id, image, facts }, []),
        });
        port.postMessage({ type: 'done', id, value: result }, resultBuffers(result));
        break;
      }
      case 'refusals': {
        const value = await engine.refusals(command.request, command.sizes);
        port.postMessage({ type: 'done', id, value }, []);
        break;
      }
      case 'lora': {
        const value = await callLora(engine.lora, command.call, {
          signal,
          onProgress: (done, total) => port.postMessage({ type: 'trial-progress', id, done, total }, []),
        });
        port.postMessage({ type: 'done', id, value }, loraBuffers(value));
        break;
      }
      case 'library': {
        const handlers: LibraryHandlers = {
          signal,
          onProgress: (progress) => port.postMessage({ type: 'library-progress', id, progress }, []),
        };
        const value = await callLibrary(engine.library, command.call, handlers);
        port.postMessage({ type: 'done', id, value }, []);
        break;
      }
    }
  } catch (error) {
    port.postMessage({ type: 'failed', id, error: toPlainError(error) }, []);
  }
}

function callLora(desk: LoraDesk, call: LoraCall, handlers: TrialHandlers) {
  switch (call.method) {
    case 'inspect':
      return desk.inspect(call.order, handlers);
    case 'measure':
      return desk.measure(call.order, handlers);
    case 'adapt':
      return desk.adapt(call.order, handlers);
    case 'check':
      return desk.check(call.order, handlers);
  }
}

/** The files in an answer of the LoRA desk. */
function loraBuffers(value: LoraVerdict | AdaptedLora | LoraCheck): ArrayBuffer[] {
  if ('file' in value) return value.file ? [value.file.buffer] : [];
  const pairs = 'trial' in value ? (value.trial?.pairs ?? []) : [];
  return pairs.flatMap(({ plain, adapted }) =>
    [plain, adapted].filter((picture) => 'png' in picture).map(({ png }) => png.buffer),
  );
}

function callLibrary(library: Library, call: LibraryCall, handlers: LibraryHandlers) {
  switch (call.method) {
    case 'list':
      return library.list();
    case 'inspect':
      return library.inspect(call.model);
    case 'addresses':
      return library.addresses(call.model);
    case 'add':
      return library.add(call.model, call.options, handlers);
    case 'verify':
      return library.verify(call.id, call.options, handlers);
    case 'remove':
      return library.remove(call.id);
  }
}

/** Every buffer of a result once; a buffer that two tensors share may be transferred only once. */
function resultBuffers({ images }: GenerateResult): ArrayBuffer[] {
  const views = images.flatMap(({ png, dump = {} }) => [
    png,
    ...Object.values(dump).map((tensor) => tensor.data),
  ]);
  return [...new Set(views.map((view) => view.buffer).filter((buffer) => buffer instanceof ArrayBuffer))];
}
