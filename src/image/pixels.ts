/**
 * @file Numbers to pixels: the decoder's output as a picture, rounded exactly as diffusers' image processor
 * rounds it, a cheap preview straight from the latents, and the facts the watchdog reports about a picture.
 */

/** Raw pixels, RGBA 8 bit, row-major. */
export interface PixelImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray<ArrayBuffer>;
}

/**
 * The decoder's output as 8 bit pixels: `round(clamp(x/2 + 1/2, 0, 1) · 255)` in f32, ties to even, as
 * diffusers' `VaeImageProcessor` (`denormalize`, `numpy_to_pil`) does. NaN becomes 0.
 * @param image f32 [1, height, width, 3] (NHWC), nominally −1 … 1
 */
export function pixelsFromPlanes(
  image: Float32Array,
  [height, width]: readonly [number, number],
): PixelImage {
  return paint(width, height, (pixel, channel) => {
    const half = Math.fround((image[pixel * 3 + channel] ?? Number.NaN) * 0.5);
    return Math.fround(half + 0.5);
  });
}

/**
 * A preview without a decoder: every latent pixel becomes one RGB pixel by a linear map, as the latent
 * formats of the field do.
 * @param latents f32 [1, C, h, w] (NCHW), in the diffusion's scale
 * @param shape `[1, C, h, w]`
 * @param factors C rows of three
 * @param bias red, green and blue for zero latents; the result is 0 … 1
 */
export function previewFromLatents(
  latents: Float32Array,
  [, channels, height, width]: readonly [number, number, number, number],
  factors: readonly (readonly [number, number, number])[],
  bias: readonly [number, number, number],
): PixelImage {
  const plane = height * width;
  return paint(width, height, (pixel, colour) => {
    let value = bias[colour];
    for (let channel = 0; channel < channels; channel++) {
      value += (factors[channel]?.[colour] ?? 0) * (latents[channel * plane + pixel] ?? 0);
    }
    return value;
  });
}

/** What the watchdog wants to know of a finished picture. */
export interface PixelFacts {
  /** Count of NaN and infinite values in the decoder's output. */
  readonly nonFinite: number;
  /** Every pixel is black, as when every value is NaN. */
  readonly black: boolean;
  /** Every pixel has the same colour. */
  readonly uniform: boolean;
}

/**
 * Looks for the ways in which a picture can be no picture.
 * @param decoded the decoder's output, any layout
 * @param pixels the picture made from it
 */
export function inspectPixels(decoded: Float32Array, pixels: PixelImage): PixelFacts {
  const nonFinite = decoded.reduce((count, value) => count + (Number.isFinite(value) ? 0 : 1), 0);
  const colours = new Uint32Array(pixels.data.buffer, pixels.data.byteOffset, pixels.data.byteLength / 4);
  const first = colours[0];
  const uniform = colours.every((colour) => colour === first);
  return { nonFinite, uniform, black: uniform && pixels.data.subarray(0, 3).every((value) => value === 0) };
}

function paint(
  width: number,
  height: number,
  value: (pixel: number, channel: 0 | 1 | 2) => number,
): PixelImage {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let pixel = 0; pixel < width * height; pixel++) {
    data[pixel * 4] = quantize(value(pixel, 0));
    data[pixel * 4 + 1] = quantize(value(pixel, 1));
    data[pixel * 4 + 2] = quantize(value(pixel, 2));
    data[pixel * 4 + 3] = 255;
  }
  return { width, height, data };
}

/** 0 … 1 to 0 … 255. A clamped array rounds ties to even, clamps, and takes NaN for 0: what numpy's path does. */
function quantize(value: number): number {
  return Math.fround(value * 255);
}
