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
import type { GeneratedImage, GenerateRequest, Variation } from './protocol/generate.ts';
import type { AppliedLora } from './protocol/lora.ts';
import type { Settings } from './settings.ts';

/** Of all pictures, by the rule on labels. */
const PRODUCER = 'Emulsion';

export interface PictureContext {
  readonly model: Model;
  readonly settings: Settings;
  readonly request: GenerateRequest;
  readonly loras: readonly AppliedLora[];
  readonly seed: bigint;
  readonly variation: Variation | undefined;
}

/**
 * Decoder output [H, W, 3] in −1…1, already known to be finite → a finished picture. Throws `image/uniform` for one in
 * which nothing is to be seen.
 */
export function toPixels(decoded: Float32Array, context: PictureContext): GeneratedImage {
  const { width, height } = context.settings;
  const pixels = pixelsFromPlanes(decoded, [height, width]);
  const { nonFinite, black, uniform } = inspectPixels(decoded, pixels);
  if (uniform) throw new AppError('image/uniform', { colour: colourOf(pixels) });
  const { request, seed, variation } = context;
  const saved = request.visibleMark ? withVisibleMark(pixels, request.visibleMark) : pixels;
  const png = encodePng(saved, labelledText(saved, parametersText(context), PRODUCER));
  return {
    ...{ seed, width, height, nonFinite, black, png },
    ...(variation && { variationSeed: variation.seed }),
  };
}

/** Of the first pixel, as `#rrggbb`. */
function colourOf({ data }: PixelImage): string {
  return `#${[...data.subarray(0, 3)].map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}

function parametersText(context: PictureContext): string {
  const { model, settings, request, loras, seed, variation } = context;
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
    seed,
    width,
    height,
    ...(model.hash === undefined ? {} : { modelHash: model.hash }),
    model: model.name,
    ...(variation && { variation }),
    ...(request.initImage && { denoisingStrength: request.initImage.strength }),
    clipSkip: settings.clipSkip,
    extra,
    version: `Emulsion ${version}`,
  });
}
