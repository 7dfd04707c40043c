/** @file A decoded picture as a PNG that carries its settings. */
import { AppError } from '../error.ts';
import { formatLoraHashes, formatLoraTag } from '../lora/prompt-tags.ts';
import { labelledText } from '../image/ai-label.ts';
import { formatParameters } from '../image/parameters.ts';
import { inspectPixels, pixelsFromPlanes, type PixelImage } from '../image/pixels.ts';
import { encodePng } from '../image/png.ts';
import { withVisibleMark } from '../image/visible-mark.ts';
import { version } from '../../package.json';
import type { Model } from './model.ts';
import type { GeneratedImage, GenerateRequest } from './protocol/generate.ts';
import type { AppliedLora } from './protocol/lora.ts';
import { pictureName, type Settings } from './settings.ts';

/** Of all pictures, by the rule on labels. */
const PRODUCER = 'Emulsion';

export interface PictureContext {
  readonly model: Model;
  readonly settings: Settings;
  readonly request: GenerateRequest;
  readonly loras: readonly AppliedLora[];
  /** Which picture of the order it is, from 0. */
  readonly index: number;
}

/**
 * Decoder output [H, W, 3] in −1…1, already known to be finite → a finished picture. Throws `image/uniform` for one in
 * which nothing is to be seen.
 */
export function toPixels(decoded: Float32Array, context: PictureContext): GeneratedImage {
  const { settings, request, index } = context;
  const { width, height } = settings;
  const pixels = pixelsFromPlanes(decoded, [height, width]);
  const { nonFinite, black, uniform } = inspectPixels(decoded, pixels);
  if (uniform)
    throw new AppError('image/uniform', { colour: colourOf(pixels), picture: pictureName(settings, index) });
  const saved = request.visibleMark ? withVisibleMark(pixels, request.visibleMark) : pixels;
  const png = encodePng(saved, labelledText(saved, parametersText(context), PRODUCER));
  const variation = settings.variations[index];
  return {
    ...{ seed: settings.seeds[index] ?? 0n, width, height, nonFinite, black, png },
    ...(variation && { variationSeed: variation.seed }),
  };
}

/** Of the first pixel, as `#rrggbb`. */
function colourOf({ data }: PixelImage): string {
  return `#${[...data.subarray(0, 3)].map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}

function parametersText(context: PictureContext): string {
  const { model, settings, request, loras, index } = context;
  const { width, height, askedSteps, sampler, guidance, guidanceScale, guidanceRescale, pairedSteps } =
    settings;
  const negative = pairedSteps > 0 ? request.negative : undefined;
  const extra = {
    ...(request.eta !== undefined && { Eta: String(request.eta) }),
    ...(request.precision !== 'f32' && { Precision: request.precision }),
    // What a CFG scale alone says to other programs is one of these two.
    ...(guidance !== 'off' && guidance !== 'full' && { Guidance: guidance }),
    ...(pairedSteps > 0 && guidanceRescale > 0 && { 'Guidance rescale': String(guidanceRescale) }),
    ...(request.styles && request.styles.length > 0 && { Style: request.styles.join(', ') }),
    ...(loras.length > 0 && { 'Lora hashes': formatLoraHashes(loras) }),
  };
  return formatParameters({
    prompt: [request.prompt, ...loras.map(formatLoraTag)].join(' '),
    ...(negative === undefined ? {} : { negative }),
    steps: askedSteps,
    sampler,
    cfgScale: guidance === 'off' ? 1 : guidanceScale,
    seed: settings.seeds[index] ?? 0n,
    width,
    height,
    ...(model.hash === undefined ? {} : { modelHash: model.hash }),
    model: model.name,
    ...(settings.variations[index] && { variation: settings.variations[index] }),
    ...(request.initImage && { denoisingStrength: request.initImage.strength }),
    clipSkip: settings.clipSkip,
    extra,
    version: `Emulsion ${version}`,
  });
}
