/** @file One request from text to finished PNG files: encode, denoise, decode, describe. */
import { AppError, throwIfAborted } from '../error.ts';
import type { Backend } from '../runtime/backend.ts';
import { encodeText, zeroText } from './conditioning.ts';
import { decodeLatents, previewFactors, previewImage } from './decode.ts';
import { denoise, type Conditioning } from './denoise.ts';
import type { Model } from './model.ts';
import { toChannelsFirst } from './layout.ts';
import { givenNoise, seededNoise, type NoiseSource } from './noise-source.ts';
import { toPixels } from './picture.ts';
import type {
  DumpTensor,
  GeneratedImage,
  GenerateHandlers,
  GenerateRequest,
  GenerateResult,
  Phase,
} from './protocol.ts';
import { noiseDraws, resolveSettings, settingsNotices, type Settings } from './settings.ts';

interface Work {
  readonly backend: Backend;
  readonly model: Model;
  readonly request: GenerateRequest;
  readonly settings: Settings;
  readonly handlers: GenerateHandlers;
  readonly dumps: Record<string, DumpTensor>[];
  /** Stages run so far. */
  stages: number;
}

/** Paints the pictures of a request with an open model; `loadMs` is what opening it took. */
export async function generate(
  backend: Backend,
  model: Model,
  request: GenerateRequest,
  handlers: GenerateHandlers,
  loadMs: number,
): Promise<GenerateResult> {
  const settings = resolveSettings(request, model);
  const dumps = settings.seeds.map(() => ({}));
  const work: Work = { backend, model, request, settings, handlers, dumps, stages: 0 };
  const noise = openNoise(work);
  for (const notice of settingsNotices(request, settings)) handlers.onNotice?.(notice);
  backend.resetMemory();
  const started = performance.now();
  const conditioning = await encode(work);
  const encoded = performance.now();
  const { latents, stepMs } = await runDenoising(work, conditioning, noise);
  const denoised = performance.now();
  const images: GeneratedImage[] = [];
  for (const [i, picture] of latents.entries()) images.push(await finish(work, i, picture));
  const decoded = performance.now();
  await backend.settle();
  const memory = backend.memory();
  return {
    images,
    model: { id: model.id, name: model.name },
    backend: backend.kind,
    adapter: backend.adapter,
    precision: request.precision,
    sampler: settings.sampler,
    guidance: settings.guidance,
    unetEvaluations: settings.steps * settings.batch,
    timesteps: [...settings.schedule.timesteps],
    sigmas: [...settings.schedule.sigmas],
    ms: {
      load: loadMs,
      encode: encoded - started,
      denoise: denoised - encoded,
      steps: stepMs,
      decode: decoded - denoised,
      total: loadMs + decoded - started,
    },
    gpu: memory && {
      peakBytes: memory.peakBytes,
      idleBytes: memory.liveBytes,
      budgetBytes: null,
      uploadedBytes: memory.uploadedBytes,
      stages: work.stages,
    },
    wasmHeapBytes: backend.heapBytes(),
    lora: [],
  };
}

async function encode(work: Work): Promise<Conditioning> {
  const { backend, model, request, settings, handlers, dumps } = work;
  const options = { signal: handlers.signal, onStage: reporter(work, 'encode'), onNotice: handlers.onNotice };
  const positive = await encodeText(backend, model, request.prompt, 'prompt', options);
  if (request.dump) {
    const tokens = model.encoders[0].tokenizer.maxLength;
    for (const dump of dumps) {
      dump['context'] = { shape: [1, tokens, positive.context.length / tokens], data: positive.context };
      dump['pooled'] = { shape: [1, positive.pooled.length], data: positive.pooled };
    }
  }
  if (settings.guidance !== 'full') return { positive, negative: undefined };
  const negative =
    request.negative === undefined && model.zerosForAbsentNegative
      ? zeroText(positive)
      : await encodeText(backend, model, request.negative ?? '', 'negative', options);
  return { positive, negative };
}

/** The noise of every picture; given noise is checked whole before any work starts. */
function openNoise(work: Work): NoiseSource[] {
  const { request, settings } = work;
  const shape = latentShape(work);
  if (request.initNoise === undefined) {
    const count = shape.reduce((product, size) => product * size, 1);
    return settings.seeds.map((seed) => seededNoise(seed, count));
  }
  if (settings.seeds.length > 1) {
    const reason = `it holds the noise of one picture, and ${settings.seeds.length} are asked for`;
    throw new AppError('request/init-noise', { reason });
  }
  return [givenNoise(request.initNoise, shape, noiseDraws(settings))];
}

function runDenoising(
  work: Work,
  conditioning: Conditioning,
  noise: readonly NoiseSource[],
): ReturnType<typeof denoise> {
  const { backend, model, request, settings, handlers, dumps } = work;
  const shape = latentShape(work);
  const factors = previewFactors(model);
  const report = reporter(work, 'denoise');
  return denoise(backend, model, settings, conditioning, noise, {
    signal: handlers.signal,
    onStage: (name, done, total, step) => report(name, step * total + done, settings.steps * total, step + 1),
    onStep: (picture, step, latents, predictedOriginal) => {
      const dump = dumps[picture];
      if (request.dump && dump) dump[`latents.${step}`] = { shape, data: latents };
      if (request.previews && factors)
        handlers.onPreview?.(picture, previewImage(predictedOriginal, factors, settings));
    },
  });
}

async function finish(work: Work, index: number, latents: Float32Array): Promise<GeneratedImage> {
  const { backend, model, settings, handlers, request, dumps } = work;
  throwIfAborted(handlers.signal);
  const options = { signal: handlers.signal, onStage: reporter(work, 'decode') };
  const decoded = await decodeLatents(backend, model, settings, latents, options);
  const picture = toPixels(decoded, { model, settings, request, seed: settings.seeds[index] ?? 0n });
  if (!request.dump) return picture;
  const dump = {
    ...dumps[index],
    latents: { shape: latentShape(work), data: latents },
    image: { shape: [1, 3, settings.height, settings.width], data: unitPlanes(decoded) },
  };
  return { ...picture, dump };
}

function latentShape({ model, settings }: Work): number[] {
  return [1, model.unet.latentChannels, settings.latentHeight, settings.latentWidth];
}

/** [H, W, 3] in −1…1 → [3, H, W] in 0…1, as diffusers' image processor denormalises. */
function unitPlanes(decoded: Float32Array): Float32Array {
  return toChannelsFirst(decoded, 3).map((value) => Math.min(1, Math.max(0, value * 0.5 + 0.5)));
}

function reporter(
  work: Work,
  phase: Phase,
): (stage: string, done: number, total: number, step?: number) => void {
  return (stage, done, total, step) => {
    work.stages++;
    const progress = { phase, done, total, stage };
    work.handlers.onProgress?.(
      step === undefined ? progress : { ...progress, step, steps: work.settings.steps },
    );
  };
}
