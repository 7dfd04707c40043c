/** @file One request from text to finished PNG files: encode, denoise, decode, describe. */
import { programWeights } from '../architecture/program.ts';
import { AppError, throwIfAborted } from '../error.ts';
import type { Backend } from '../runtime/backend.ts';
import { encodeTexts, zeroText } from './conditioning.ts';
import { decodeLatents } from './decode.ts';
import { previewFactors, previewImage } from './preview.ts';
import { denoise } from './denoise.ts';
import type { StageRun } from './execute.ts';
import { toChannelsFirst } from './layout.ts';
import { planPictures, type Budgets, type PictureMemory } from './memory.ts';
import {
  encodePicture,
  encoderPrograms,
  openPicture,
  sizeLike,
  type LatentDistribution,
} from './init-image.ts';
import type { Model } from './model.ts';
import { givenNoise, seededNoise, variedNoise, type NoiseSource } from './noise-source.ts';
import { toPixels } from './picture.ts';
import type {
  DumpTensor,
  GeneratedImage,
  GenerateHandlers,
  GenerateRequest,
  GenerateResult,
  GpuReport,
  MemorySample,
  Phase,
  PictureFacts,
  StageTime,
} from './protocol/generate.ts';
import type { AppliedLora } from './protocol/lora.ts';
import { pictureName, resolveSettings, settingsNotices, type Settings } from './settings.ts';
import type { Conditioning } from './unet-evaluation.ts';
import { withinMemory } from './within-memory.ts';

/** What has been settled before a request is painted. */
export interface Preparation {
  readonly budgets: Budgets;
  /** What opening the model took. */
  readonly loadMs: number;
  /** What the model's weights have been given to add. */
  readonly loras: readonly AppliedLora[];
}

interface Work {
  readonly backend: Backend;
  readonly model: Model;
  readonly request: GenerateRequest;
  readonly settings: Settings;
  readonly memory: PictureMemory;
  readonly loras: readonly AppliedLora[];
  /** Of the picture that is begun from. */
  readonly pixels: Float32Array | undefined;
  readonly handlers: GenerateHandlers;
  readonly dumps: Record<string, DumpTensor>[];
  /** Stages run so far. */
  stages: number;
  /** By `performance.now()`, those that are through. */
  readonly runs: StageTime[];
}

/** Paints the pictures of a request with an open model. */
export async function generate(
  backend: Backend,
  model: Model,
  order: GenerateRequest,
  handlers: GenerateHandlers,
  { budgets, loadMs, loras }: Preparation,
): Promise<GenerateResult> {
  const picture = order.initImage && (await openPicture(order.initImage.bytes, model));
  const request = picture ? { ...sizeLike(picture, model), ...order } : order;
  const asked = resolveSettings(request, model);
  const memory = planPictures(model, request, asked, budgets);
  const settings = { ...asked, vae: memory.decode.vae, vaeTile: memory.decode.vaeTile };
  const dumps = settings.seeds.map(() => ({}));
  const pixels = picture?.pixels(settings.width, settings.height);
  const encoding = { ...settings, tile: memory.encode?.vaeTile };
  if (pixels)
    for (const { program } of encoderPrograms(model, encoding))
      model.streams.vae.check(programWeights(program));
  const work: Work = {
    ...{ backend, model, request, settings, memory, loras, pixels, handlers, dumps },
    stages: 0,
    runs: [],
  };
  const noise = openNoise(work);
  for (const notice of settingsNotices(request, model, settings, backend.kind)) handlers.onNotice?.(notice);
  if (memory.encode?.byNeed && encoding.tile !== undefined)
    handlers.onNotice?.({ kind: 'vae-encoded-tiled', tile: encoding.tile * model.vae.factor });
  const { byNeed, vaeTile } = memory.decode;
  if (byNeed && vaeTile !== undefined)
    handlers.onNotice?.({ kind: 'vae-tiled', tile: vaeTile * model.vae.factor });
  const painted = await withinMemory(backend, model, memory, () => paint(work, noise, loadMs));
  // What stays between pictures is known only now.
  return { ...painted, gpu: receipt(work, memory) };
}

async function paint(
  work: Work,
  noise: readonly NoiseSource[],
  loadMs: number,
): Promise<Omit<GenerateResult, 'gpu'>> {
  const { backend, model } = work;
  backend.resetMemory();
  const started = performance.now();
  const conditioning = await encode(work);
  const origin = await encodeOrigin(work);
  const encoded = performance.now();
  const { latents, stepMs } = await runDenoising(work, conditioning, noise, origin);
  await model.streams.unet.leave();
  const denoised = performance.now();
  const facts = factsOf(work);
  const images: GeneratedImage[] = [];
  for (const [i, picture] of latents.entries()) images.push(await finish(work, facts, i, picture));
  const decoded = performance.now();
  const since = started - loadMs;
  return {
    ...facts,
    images,
    ms: {
      load: loadMs,
      encode: encoded - started,
      denoise: denoised - encoded,
      steps: stepMs,
      decode: decoded - denoised,
      total: decoded - since,
    },
    timeline: work.runs.map((run) => ({ ...run, startMs: run.startMs - since, endMs: run.endMs - since })),
    wasmHeapBytes: backend.heapBytes(),
  };
}

function factsOf({ backend, model, request, settings, loras }: Work): PictureFacts {
  return {
    model: { id: model.id, name: model.name },
    backend: backend.kind,
    adapter: backend.adapter,
    precision: request.precision,
    sampler: settings.sampler,
    guidance: settings.guidance,
    vae: { mode: settings.vae, tile: settings.vaeTile ?? null },
    unetEvaluations: settings.steps + settings.pairedSteps,
    timesteps: [...settings.schedule.timesteps],
    sigmas: [...settings.schedule.sigmas],
    lora: loras,
  };
}

/** What the GPU memory came to, once everything is done. */
function receipt({ backend, stages }: Work, { plan, denoise }: PictureMemory): GpuReport | null {
  const measured = backend.memory();
  if (!measured || !plan) return null;
  return {
    peakBytes: measured.peakBytes,
    idleBytes: measured.liveBytes,
    idleByKind: measured.live,
    budgetBytes: plan.budgetBytes,
    uploadedBytes: measured.uploadedBytes,
    stages,
    byKind: measured.peak,
    planned: {
      peakBytes: plan.peakBytes,
      uploadedBytes: plan.uploadedBytes.first,
      residentBytes: plan.residentBytes,
      stagingBytes: plan.stagingBytes,
    },
    together: denoise.together,
    keptText: denoise.keepsText,
  };
}

async function encode(work: Work): Promise<Conditioning> {
  const { backend, model, request, settings, handlers, dumps } = work;
  const options = {
    signal: handlers.signal,
    precision: request.precision,
    clipSkip: settings.clipSkip,
    onStage: reporter(work, 'encode'),
    onThrough: timer(work, 'encode'),
  };
  const isPaired = settings.pairedSteps > 0;
  const [positive, negative] = await encodeTexts(backend, model, settings.prompts, options);
  if (!positive) throw new AppError('engine/internal', { reason: 'the prompt was not encoded' });
  for (const { stream } of model.encoders) await stream.leave();
  if (request.dump) {
    const { tokens } = settings.prompts;
    for (const dump of dumps) {
      dump['context'] = { shape: [1, tokens, positive.context.length / tokens], data: positive.context };
      dump['pooled'] = { shape: [1, positive.pooled.length], data: positive.pooled };
    }
  }
  return { positive, negative: isPaired ? (negative ?? zeroText(positive)) : undefined };
}

/** The noise of every picture; given noise is checked whole before any work starts. */
function openNoise(work: Work): NoiseSource[] {
  const { request, settings } = work;
  const shape = latentShape(work);
  if (request.initNoise === undefined) {
    const count = shape.reduce((product, size) => product * size, 1);
    return settings.seeds.map((seed, i) => {
      const variation = settings.variations[i];
      return variation ? variedNoise(seed, variation, shape) : seededNoise(seed, count);
    });
  }
  if (settings.seeds.length > 1) {
    const reason = `it holds the noise of one picture, and ${settings.seeds.length} are asked for`;
    throw new AppError('request/init-noise', { reason });
  }
  if (settings.variations.length > 0) {
    const reason = 'it takes the place of the noise of seeds, so that there is nothing to vary';
    throw new AppError('request/init-noise', { reason });
  }
  return [givenNoise(request.initNoise, shape, settings.schedule.noiseDraws)];
}

/** What the picture that is begun from is to the diffusion. */
async function encodeOrigin(work: Work): Promise<LatentDistribution | undefined> {
  const { backend, model, request, settings, handlers, pixels } = work;
  if (!pixels) return undefined;
  const options = {
    signal: handlers.signal,
    precision: request.precision,
    onStage: reporter(work, 'encode'),
    onThrough: timer(work, 'encode'),
  };
  const encoding = { ...settings, tile: work.memory.encode?.vaeTile };
  const origin = await encodePicture(backend, model, encoding, pixels, options);
  await model.streams.vae.leave();
  return origin;
}

function runDenoising(
  work: Work,
  conditioning: Conditioning,
  noise: readonly NoiseSource[],
  origin: LatentDistribution | undefined,
): ReturnType<typeof denoise> {
  const { backend, model, request, settings, handlers, dumps } = work;
  const shape = latentShape(work);
  const factors = previewFactors(model);
  const report = reporter(work, 'denoise');
  return denoise(backend, model, settings, conditioning, noise, {
    signal: handlers.signal,
    precision: request.precision,
    memory: work.memory.denoise,
    origin,
    onPrepare: reporter(work, 'encode'),
    onStage: (name, done, total, step) => report(name, done, total, step + 1),
    onThrough: timer(work, 'denoise'),
    onStep: (picture, step, latents, predictedOriginal) => {
      const dump = dumps[picture];
      if (request.dump && dump) dump[`latents.${step}`] = { shape, data: latents };
      if (request.previews && factors)
        handlers.onPreview?.(picture, step + 1, previewImage(predictedOriginal, factors, settings));
    },
  });
}

async function finish(
  work: Work,
  facts: PictureFacts,
  index: number,
  latents: Float32Array,
): Promise<GeneratedImage> {
  const { backend, model, settings, handlers, request, loras, dumps } = work;
  throwIfAborted(handlers.signal);
  const report = reporter(work, 'decode');
  const options = {
    signal: handlers.signal,
    precision: request.precision,
    pictures: [pictureName(settings, index)],
    onStage: (name: string, done: number, total: number) =>
      report(name, index * total + done, settings.seeds.length * total),
    onThrough: timer(work, 'decode'),
  };
  const decoded = await decodeLatents(backend, model, settings, latents, options);
  const picture = toPixels(decoded, { model, settings, request, loras, index });
  handlers.onImage?.(picture, facts);
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
  const { handlers, settings } = work;
  return (stage, done, total, step) => {
    work.stages++;
    const memory = sample(work);
    handlers.onProgress?.({
      phase,
      done,
      total,
      stage,
      ...(memory && { memory }),
      ...(step !== undefined && { step, steps: settings.steps }),
    });
  };
}

function timer({ runs }: Work, phase: StageTime['phase']): (run: StageRun, step?: number) => void {
  return (run, step) => runs.push({ phase, ...run, ...(step !== undefined && { step: step + 1 }) });
}

function sample({ backend, memory: { plan } }: Work): MemorySample | undefined {
  const measured = backend.memory();
  if (!measured || !plan) return undefined;
  const { liveBytes, live, peakBytes, uploadedBytes } = measured;
  return { liveBytes, byKind: live, peakBytes, budgetBytes: plan.budgetBytes, uploadedBytes };
}
