/** @file The engine: opens models, picks the backend and runs one request at a time. Lives in the worker. */
import { isAppError } from '../error.ts';
import { SerialQueue } from '../runtime/serial-queue.ts';
import { fileSource } from '../weights/file-source.ts';
import { httpSource } from '../weights/http-source.ts';
import { Backends, probeDevice } from './backends.ts';
import { generate } from './generate.ts';
import { openModel, type Model } from './model.ts';
import type { Engine, ModelReference } from './protocol.ts';
import { defaultGuidance, defaultSampler, defaultSize, defaultSteps } from './settings.ts';

/** An engine with its own backends; the model last used stays open. */
export function createEngine(): Engine {
  const queue = new SerialQueue();
  const backends = new Backends();
  let open: { reference: ModelReference; model: Model } | undefined;

  const use = async (reference: ModelReference, signal?: AbortSignal): Promise<Model> => {
    if (open && isSameModel(open.reference, reference)) return open.model;
    open = undefined;
    const source = reference.kind === 'url' ? httpSource(reference.url) : fileSource(reference.files);
    const model = await openModel(source, signal);
    open = { reference, model };
    return model;
  };

  return {
    probe: probeDevice,

    describe: (reference) =>
      queue.run(async () => {
        const model = await use(reference);
        const [width, height] = defaultSize(model);
        return {
          id: model.id,
          name: model.name,
          licence: model.manifest.licence,
          width,
          height,
          steps: defaultSteps(model),
          sampler: defaultSampler(model),
          guidance: defaultGuidance(model),
          sizeMultiple: model.vae.factor,
          examples: model.manifest.examples,
        };
      }),

    generate: (request, handlers) =>
      queue.run(async () => {
        const started = performance.now();
        handlers.onProgress?.({ phase: 'load', done: 0, total: 1 });
        const model = await use(request.model, handlers.signal);
        const backend = await backends.use(request.backend);
        handlers.onProgress?.({ phase: 'load', done: 1, total: 1 });
        try {
          return await generate(backend, model, request, handlers, performance.now() - started);
        } catch (error) {
          if (isBackendFailure(error)) await backends.discard(backend);
          throw error;
        }
      }),
  };
}

/** Whether the backend itself may be broken, so that the next request should start with a new one. */
function isBackendFailure(error: unknown): boolean {
  return !isAppError(error) || error.code.startsWith('gpu/') || error.code.startsWith('runtime/');
}

function isSameModel(a: ModelReference, b: ModelReference): boolean {
  if (a.kind === 'url') return b.kind === 'url' && a.url === b.url;
  return (
    b.kind === 'files' &&
    a.files.length === b.files.length &&
    a.files.every((file, i) => isSameFile(file, b.files[i]))
  );
}

/** Files keep no identity across the worker boundary; these fields tell an edited file from the same one. */
function isSameFile(a: File, b: File | undefined): boolean {
  return (
    a.name === b?.name &&
    a.size === b.size &&
    a.lastModified === b.lastModified &&
    a.webkitRelativePath === b.webkitRelativePath
  );
}
