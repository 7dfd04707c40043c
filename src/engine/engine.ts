/** @file The engine: opens models, picks the backend and runs one request at a time. Lives in the worker. */
import { toPlainError, type PlainError } from '../error.ts';
import { WeightNorms } from '../lora/norms.ts';
import type { Backend } from '../runtime/backend.ts';
import { SerialQueue } from '../runtime/serial-queue.ts';
import type { Checkpoint } from '../weights/checkpoint.ts';
import { modelRounding } from '../weights/rounding.ts';
import { backendKind, Backends, resolveBudgets } from './backends.ts';
import { generate } from './generate.ts';
import { IdleTimer } from './idle.ts';
import { adaptLora, inspectLora } from './lora/desk.ts';
import { ModelLoras } from './lora/model-loras.ts';
import { tryLora } from './lora/trial.ts';
import { createLibrary } from './library.ts';
import { planPictures, type Budgets } from './memory.ts';
import { modelStreams, openModel, type Model } from './model.ts';
import { sourceKey } from './model-source.ts';
import { openCheckpoint } from './open-checkpoint.ts';
import { previewFactors } from './preview.ts';
import { countPrompt } from './read-prompts.ts';
import { examineDevice, probeDevice } from './probe.ts';
import type { Engine } from './protocol/engine.ts';
import type { GenerateHandlers, GenerateRequest, GenerateResult } from './protocol/generate.ts';
import type { LoraCheck, TrialHandlers, TrialOrder } from './protocol/lora-desk.ts';
import type { ModelReference } from './protocol/model.ts';
import {
  DEFAULT_GUIDANCE_SCALE,
  defaultGuidance,
  defaultSampler,
  defaultSize,
  defaultSteps,
  mostClipSkip,
  resolveSettings,
} from './settings.ts';

/** After so long without an order weights leave the GPU, where a request does not say otherwise. */
const IDLE_SECONDS = 60;

interface OpenModel {
  readonly reference: ModelReference;
  readonly checkpoint: Checkpoint;
  readonly model: Model;
  readonly loras: ModelLoras;
}

/** An engine with its own backends; the model last used stays open. */
export function createEngine(): Engine {
  const queue = new SerialQueue();
  const backends = new Backends();
  let open: OpenModel | undefined;
  /** The one last asked of while another was open. */
  let consulted: { readonly key: string; readonly model: Model } | undefined;
  /** Of the weights that LoRAs were last measured by. */
  let measured = { key: '', norms: new WeightNorms() };
  /** Models of which the user knows what was assumed, and what rounding has changed. */
  const told = { assumptions: new WeakSet<Model>(), rounding: new WeakSet<Model>() };

  const idle = new IdleTimer();
  /** Gives the memory of the open model's weights back; they come again when they are wanted. */
  const rest = async (): Promise<void> => {
    if (open) for (const stream of modelStreams(open.model)) await stream.unload();
    await backends.trim();
  };

  const openAs = (key: string): OpenModel | undefined =>
    open && sourceKey(open.reference) === key ? open : undefined;

  const use = async (reference: ModelReference, signal?: AbortSignal): Promise<OpenModel> => {
    const found = openAs(sourceKey(reference));
    if (found) return found;
    await rest();
    open = undefined;
    const checkpoint = await openCheckpoint(reference, signal);
    const model = await openModel(checkpoint, signal);
    open = { reference, checkpoint, model, loras: new ModelLoras(model, checkpoint) };
    return open;
  };

  /** A model to ask things of, for which the one that paints stays open. */
  const consult = async (reference: ModelReference): Promise<Model> => {
    const key = sourceKey(reference);
    const found = openAs(key);
    if (found) return found.model;
    if (consulted?.key !== key) consulted = { key, model: await openModel(await openCheckpoint(reference)) };
    return consulted.model;
  };

  /** A model whose records are gone must not be painted with from memory of it. */
  const forget = (id: string): Promise<void> =>
    queue.run(async () => {
      measured = { key: '', norms: new WeightNorms() };
      consulted = undefined;
      if (open?.reference.kind !== 'stored' || open.reference.id !== id) return;
      await rest();
      open = undefined;
    });

  const normsOf = (reference: ModelReference): WeightNorms => {
    const key = sourceKey(reference);
    if (measured.key !== key) measured = { key, norms: new WeightNorms() };
    return measured.norms;
  };

  /** Work on a backend, which is not used again after it failed. */
  const guarded = async <T>(backend: Backend, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (isBackendFailure(error)) await backends.discard(backend);
      throw error;
    }
  };

  const paint = async (request: GenerateRequest, handlers: GenerateHandlers): Promise<GenerateResult> => {
    const started = performance.now();
    handlers.onProgress?.({ phase: 'load', done: 0, total: 1 });
    const { model, loras } = await use(request.model, handlers.signal);
    const applied = await loras.use(request, handlers.signal);
    if (model.assumptions.length > 0 && !told.assumptions.has(model)) {
      told.assumptions.add(model);
      handlers.onNotice?.({ kind: 'model-assumed', assumptions: model.assumptions });
    }
    const backend = await backends.use(request.backend);
    const budgets = await resolveBudgets(backend.kind, request);
    handlers.onProgress?.({ phase: 'load', done: 1, total: 1 });
    const loadMs = performance.now() - started;
    const result = await guarded(backend, () =>
      generate(backend, model, request, handlers, { budgets, loadMs, loras: applied }),
    );
    // Known only now that the weights have been read.
    const rounding = modelRounding(modelStreams(model).map((stream) => stream.rounding()));
    if (rounding && rounding.relativeL2 > 0 && !told.rounding.has(model)) {
      told.rounding.add(model);
      handlers.onNotice?.({ kind: 'weights-rounded', ...rounding });
    }
    return result;
  };

  const check = async (order: TrialOrder, handlers: TrialHandlers): Promise<LoraCheck> => {
    idle.stop();
    try {
      const opened = await use(order.model, handlers.signal);
      const verdict = await inspectLora(order, opened.checkpoint, handlers.signal);
      if (!verdict.admitted) return { verdict, trial: null };
      const backend = await backends.use(order.settings.backend);
      const budgets = await resolveBudgets(backend.kind, order.settings);
      const trial = await guarded(backend, () => tryLora({ ...opened, backend, budgets }, order, handlers));
      return { verdict, trial };
    } finally {
      idle.start(order.settings.idleSeconds ?? IDLE_SECONDS, () => void queue.run(rest));
    }
  };

  return {
    probe: probeDevice,
    examine: examineDevice,
    library: createLibrary((id) => void forget(id)),

    describe: (reference) =>
      queue.run(async () => {
        const { model } = await use(reference);
        const [width, height] = defaultSize(model);
        return {
          id: model.id,
          name: model.name,
          licence: model.manifest.licence,
          hash: model.hash,
          width,
          height,
          steps: defaultSteps(model),
          sampler: defaultSampler(model),
          guidance: defaultGuidance(model),
          guidanceScale: DEFAULT_GUIDANCE_SCALE,
          takesGuidanceScale: model.unet.guidanceEmbeddingSize !== undefined,
          mostClipSkip: mostClipSkip(model),
          sizeMultiple: model.vae.factor,
          hasPreviews: previewFactors(model) !== undefined,
          examples: model.manifest.examples,
          sizes: model.manifest.sizes,
          styles: model.manifest.styles,
        };
      }),

    refusals: (request, sizes) =>
      queue.run(async () => {
        const model = await consult(request.model);
        const budgets = await resolveBudgets(await backendKind(request.backend), request);
        return sizes.map((size) => refusal(model, { ...request, ...size }, budgets));
      }),

    // Needs no backend, so nobody has to wait for a picture.
    countTokens: async (reference, text) => countPrompt(await consult(reference), text),

    lora: {
      // These need no backend, so they wait for no picture.
      inspect: async (order, { signal }) =>
        inspectLora(order, await openCheckpoint(order.model, signal), signal),
      measure: async (order, { signal }) =>
        inspectLora(order, await openCheckpoint(order.model, signal), signal, normsOf(order.model)),
      adapt: async (order, { signal }) => adaptLora(order, await openCheckpoint(order.model, signal), signal),
      check: (order, handlers) => queue.run(() => check(order, handlers)),
    },

    generate: (request, handlers) =>
      queue.run(async () => {
        idle.stop();
        try {
          return await paint(request, handlers);
        } finally {
          idle.start(request.idleSeconds ?? IDLE_SECONDS, () => void queue.run(rest));
        }
      }),
  };
}

/** Why a picture would be refused before any work; `null` where it would not. */
function refusal(model: Model, request: GenerateRequest, budgets: Budgets): PlainError | null {
  try {
    planPictures(model, request, resolveSettings(request, model), budgets);
    return null;
  } catch (error) {
    return toPlainError(error);
  }
}

/** Whether the backend itself may be broken, so that the next request should start with a new one. */
function isBackendFailure(error: unknown): boolean {
  const failure = toPlainError(error);
  if (failure.code === 'image/not-finite' || failure.code === 'image/zeros')
    return failure.detail.isRepeated !== true;
  return ['engine/internal', 'gpu/', 'runtime/'].some((code) => failure.code.startsWith(code));
}
