/**
 * @file What can be measured of a test picture without knowing what it shows: how much of it is black, whether its subject is
 * whole, of one colour, and free of the purple fringe that too strong a LoRA leaves. The subject is what differs from the
 * colour along the picture's edges. Colours are compared in CIELAB (D65), where distances are about as large as they look.
 */
import type { PixelImage } from '../image/pixels.ts';
import type { PictureFigures } from './trial-report.ts';

/** Brightest channel of a pixel that counts as black. */
const BLACK = 8;
/** Pixels at the picture's edge that tell the colour behind the subject. */
const BORDER = 2;
/** ΔE from which a pixel belongs to the subject, and that an edge has to have. */
const SUBJECT_DISTANCE = 20;
/** Chroma from which a colour has a hue worth speaking of. */
const LEAST_CHROMA = 15;
/** Degrees on either side of the main hue that are still of it. */
const HUE_SPREAD = 25;
/** Hues in CIELAB that people call purple, in degrees. */
const PURPLE = [295, 345] as const;
const DIRECTIONS = 72;
/** Pixels on either side of an edge that are looked at; edges are blurred a little. */
const EDGE_WIDTH = 3;

/** L*, a*, b* of every pixel, one plane after another. */
interface Lab {
  readonly width: number;
  readonly height: number;
  readonly planes: readonly [Float32Array, Float32Array, Float32Array];
}

/** Measures a picture. Without a subject there is no outline and no hue: both are 0. */
export function pictureFigures(image: PixelImage): PictureFigures {
  const lab = toLab(image);
  const behind = borderColour(lab);
  const subject = largestPart(lab, (pixel) => distance(lab, pixel, behind) >= SUBJECT_DISTANCE);
  const hue = mainHue(lab, subject);
  return {
    black: blackShare(image),
    outline: outlineShare(lab, subject),
    hue: hue.share,
    fringe: isPurple(hue.degrees) ? 0 : fringeShare(lab, subject),
  };
}

function blackShare({ data }: PixelImage): number {
  let black = 0;
  for (let i = 0; i < data.length; i += 4)
    if (Math.max(data[i] ?? 0, data[i + 1] ?? 0, data[i + 2] ?? 0) <= BLACK) black++;
  return black / (data.length / 4);
}

/** Median of each plane along the edges. */
function borderColour({ width, height, planes }: Lab): [number, number, number] {
  const pixels: number[] = [];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      if (Math.min(x, y, width - 1 - x, height - 1 - y) < BORDER) pixels.push(y * width + x);
  return planes.map((plane) => {
    const values = pixels.map((pixel) => plane[pixel] ?? 0).sort((a, b) => a - b);
    return values[values.length >> 1] ?? 0;
  }) as [number, number, number];
}

function distance({ planes }: Lab, pixel: number, colour: readonly number[]): number {
  return Math.hypot(...planes.map((plane, i) => (plane[pixel] ?? 0) - (colour[i] ?? 0)));
}

/** The largest connected part of what is looked for, as 1 for each of its pixels. */
function largestPart({ width, height }: Lab, isWanted: (pixel: number) => boolean): Uint8Array {
  const count = width * height;
  const part = new Int32Array(count);
  const sizes = [0];
  for (let start = 0; start < count; start++) {
    if (part[start] !== 0 || !isWanted(start)) continue;
    const label = sizes.push(0) - 1;
    const open = [start];
    part[start] = label;
    for (let pixel = open.pop(); pixel !== undefined; pixel = open.pop()) {
      sizes[label] = (sizes[label] ?? 0) + 1;
      const x = pixel % width;
      const neighbours = [
        pixel - width,
        pixel + width,
        x > 0 ? pixel - 1 : -1,
        x < width - 1 ? pixel + 1 : -1,
      ];
      for (const next of neighbours) {
        if (next < 0 || next >= count || part[next] !== 0 || !isWanted(next)) continue;
        part[next] = label;
        open.push(next);
      }
    }
  }
  const largest = sizes.reduce((best, size, label) => (size > (sizes[best] ?? 0) ? label : best), 1);
  return Uint8Array.from(part, (label) => (label === largest ? 1 : 0));
}

/** In how many directions from its middle the subject ends at an edge that can be seen, before the picture does. */
function outlineShare(lab: Lab, subject: Uint8Array): number {
  const { width, height } = lab;
  let [count, sumX, sumY] = [0, 0, 0];
  subject.forEach((inside, pixel) => {
    count += inside;
    sumX += inside * (pixel % width);
    sumY += inside * Math.floor(pixel / width);
  });
  if (count === 0) return 0;
  const [middleX, middleY] = [sumX / count, sumY / count];
  let whole = 0;
  for (let i = 0; i < DIRECTIONS; i++) {
    const angle = (2 * Math.PI * i) / DIRECTIONS;
    const at = (radius: number): number | undefined => {
      const x = Math.round(middleX + radius * Math.cos(angle));
      const y = Math.round(middleY + radius * Math.sin(angle));
      return x < 0 || y < 0 || x >= width || y >= height ? undefined : y * width + x;
    };
    let last = 0;
    for (let radius = 0; ; radius++) {
      const pixel = at(radius);
      if (pixel === undefined) break;
      if (subject[pixel] === 1) last = radius;
    }
    const [inner, outer] = [at(Math.max(0, last - EDGE_WIDTH)), at(last + EDGE_WIDTH)];
    if (inner === undefined || outer === undefined) continue;
    const outside = lab.planes.map((plane) => plane[outer] ?? 0);
    if (distance(lab, inner, outside) >= SUBJECT_DISTANCE) whole++;
  }
  return whole / DIRECTIONS;
}

/** The hue that most of the subject's colour is near to, and how much of it that is; by chroma. */
function mainHue(lab: Lab, subject: Uint8Array): { degrees: number; share: number } {
  const chromas = new Float64Array(360);
  subject.forEach((inside, pixel) => {
    const chroma = inside === 1 ? chromaOf(lab, pixel) : 0;
    if (chroma >= LEAST_CHROMA) {
      const degree = Math.floor(hueOf(lab, pixel)) % 360;
      chromas[degree] = (chromas[degree] ?? 0) + chroma;
    }
  });
  const near = (degrees: number): number => {
    let sum = 0;
    for (let offset = -HUE_SPREAD; offset <= HUE_SPREAD; offset++)
      sum += chromas[(degrees + offset + 360) % 360] ?? 0;
    return sum;
  };
  const sums = Array.from(chromas, (_, degrees) => near(degrees));
  const degrees = sums.indexOf(Math.max(...sums));
  const all = chromas.reduce((sum, chroma) => sum + chroma, 0);
  return { degrees, share: all === 0 ? 0 : (sums[degrees] ?? 0) / all };
}

/** Of the pixels near the subject's edge, those that are purple. */
function fringeShare(lab: Lab, subject: Uint8Array): number {
  const { width, height } = lab;
  let [edge, purple] = [0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const pixel = y * width + x;
      const isNearEdge = [-EDGE_WIDTH, EDGE_WIDTH].some((offset) => {
        const across = x + offset >= 0 && x + offset < width ? subject[pixel + offset] : undefined;
        const down = subject[pixel + offset * width];
        return [across, down].some((other) => other !== undefined && other !== subject[pixel]);
      });
      if (!isNearEdge) continue;
      edge++;
      if (chromaOf(lab, pixel) >= LEAST_CHROMA && isPurple(hueOf(lab, pixel))) purple++;
    }
  }
  return edge === 0 ? 0 : purple / edge;
}

function isPurple(degrees: number): boolean {
  return degrees >= PURPLE[0] && degrees <= PURPLE[1];
}

function chromaOf({ planes: [, a, b] }: Lab, pixel: number): number {
  return Math.hypot(a[pixel] ?? 0, b[pixel] ?? 0);
}

/** 0 … 360 */
function hueOf({ planes: [, a, b] }: Lab, pixel: number): number {
  return ((Math.atan2(b[pixel] ?? 0, a[pixel] ?? 0) * 180) / Math.PI + 360) % 360;
}

/** sRGB (IEC 61966-2-1) → CIELAB with the D65 white point. */
function toLab({ width, height, data }: PixelImage): Lab {
  const count = width * height;
  const planes = [new Float32Array(count), new Float32Array(count), new Float32Array(count)] as const;
  const [lightness, redness, yellowness] = planes;
  for (let pixel = 0; pixel < count; pixel++) {
    const [r = 0, g = 0, b = 0] = [0, 1, 2].map((channel) => linear((data[pixel * 4 + channel] ?? 0) / 255));
    const x = cubeRoot((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
    const y = cubeRoot(0.2126 * r + 0.7152 * g + 0.0722 * b);
    const z = cubeRoot((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
    lightness[pixel] = 116 * y - 16;
    redness[pixel] = 500 * (x - y);
    yellowness[pixel] = 200 * (y - z);
  }
  return { width, height, planes };
}

function linear(value: number): number {
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

function cubeRoot(value: number): number {
  return value > 216 / 24389 ? Math.cbrt(value) : (24389 / 27) * (value / 116) + 16 / 116;
}
