/**
 * @file A mark that people see: “AI” or “AI 生成” in the lower right corner, drawn stroke by stroke, because a browser
 * without a display need not have a Chinese font.
 */
import type { PixelImage } from './pixels.ts';

type Point = readonly [x: number, y: number];
/** Strokes in a box of height 1, and how wide the box is. */
interface Glyph {
  readonly width: number;
  readonly strokes: readonly (readonly Point[])[];
}

const A: Glyph = {
  width: 0.8,
  strokes: [
    [
      [0.06, 0.92],
      [0.4, 0.08],
      [0.74, 0.92],
    ],
    [
      [0.2, 0.62],
      [0.6, 0.62],
    ],
  ],
};
const I: Glyph = {
  width: 0.24,
  strokes: [
    [
      [0.12, 0.08],
      [0.12, 0.92],
    ],
  ],
};
const SPACE: Glyph = { width: 0.2, strokes: [] };
const SHENG: Glyph = {
  width: 1,
  strokes: [
    [
      [0.28, 0.08],
      [0.1, 0.46],
    ],
    [
      [0.2, 0.32],
      [0.86, 0.32],
    ],
    [
      [0.52, 0.06],
      [0.52, 0.92],
    ],
    [
      [0.2, 0.61],
      [0.82, 0.61],
    ],
    [
      [0.06, 0.92],
      [0.94, 0.92],
    ],
  ],
};
const CHENG: Glyph = {
  width: 1,
  strokes: [
    [
      [0.16, 0.27],
      [0.9, 0.27],
    ],
    [
      [0.17, 0.27],
      [0.16, 0.6],
      [0.06, 0.94],
    ],
    [
      [0.17, 0.5],
      [0.44, 0.5],
      [0.42, 0.82],
      [0.3, 0.79],
    ],
    [
      [0.56, 0.06],
      [0.61, 0.46],
      [0.74, 0.78],
      [0.9, 0.94],
      [0.95, 0.76],
    ],
    [
      [0.87, 0.42],
      [0.74, 0.68],
      [0.5, 0.92],
    ],
    [
      [0.71, 0.07],
      [0.82, 0.16],
    ],
  ],
};
const MARKS = {
  en: [A, I],
  'zh-CN': [A, I, SPACE, SHENG, CHENG],
} satisfies Readonly<Record<string, readonly Glyph[]>>;

/** A language there is a mark in. */
export type MarkLanguage = keyof typeof MARKS;
export const MARK_LANGUAGES = Object.keys(MARKS) as MarkLanguage[];

/** Of the shorter side; the rule asks for letters of at least a twentieth. */
const HEIGHT = 0.06;
/** In pixels: smaller strokes run together. */
const LEAST_HEIGHT = 12;
const SPACING = 0.12;
const PADDING = 0.3;
const STROKE = 0.11;
/** How much of the picture the ground of the mark covers. */
const GROUND = 0.55;

/**
 * A copy of the picture with the mark in it: light letters on a dark ground, readable on whatever is below.
 * @param language BCP 47 tag; the English mark, which is understood most widely, is that of any language without one
 */
export function withVisibleMark(image: PixelImage, language: string): PixelImage {
  const data = image.data.slice();
  const glyphs: readonly Glyph[] = Object.hasOwn(MARKS, language)
    ? MARKS[language as MarkLanguage]
    : MARKS.en;
  const height = Math.max(LEAST_HEIGHT, Math.round(Math.min(image.width, image.height) * HEIGHT));
  const widths = glyphs.reduce((sum, { width }) => sum + width + SPACING, -SPACING);
  const box = { width: (widths + 2 * PADDING) * height, height: (1 + 2 * PADDING) * height };
  const [left, top] = [Math.floor(image.width - box.width), Math.floor(image.height - box.height)];
  const segments = segmentsOf(glyphs, height, [left + PADDING * height, top + PADDING * height]);
  const half = (STROKE * height) / 2;
  for (let y = Math.max(0, top); y < image.height; y++) {
    for (let x = Math.max(0, left); x < image.width; x++) {
      const nearest = Math.min(...segments.map((segment) => distance([x + 0.5, y + 0.5], segment)));
      const ink = Math.min(1, Math.max(0, half - nearest + 0.5));
      const pixel = (y * image.width + x) * 4;
      for (let channel = pixel; channel < pixel + 3; channel++) {
        const ground = (data[channel] ?? 0) * (1 - GROUND);
        data[channel] = ground + (255 - ground) * ink;
      }
    }
  }
  return { ...image, data };
}

type Segment = readonly [from: Point, to: Point];

/** All strokes in pixels, in a line from `origin` to the right. */
function segmentsOf(glyphs: readonly Glyph[], height: number, [left, top]: Point): Segment[] {
  const segments: Segment[] = [];
  let x = left;
  for (const { width, strokes } of glyphs) {
    for (const stroke of strokes) {
      const points = stroke.map(([px, py]): Point => [x + px * height, top + py * height]);
      points.slice(1).forEach((to, index) => segments.push([points[index] as Point, to]));
    }
    x += (width + SPACING) * height;
  }
  return segments;
}

/** From a point to the nearest of a segment. */
function distance([x, y]: Point, [[fromX, fromY], [toX, toY]]: Segment): number {
  const [dx, dy] = [toX - fromX, toY - fromY];
  const along = Math.min(1, Math.max(0, ((x - fromX) * dx + (y - fromY) * dy) / (dx * dx + dy * dy)));
  return Math.hypot(x - fromX - along * dx, y - fromY - along * dy);
}
