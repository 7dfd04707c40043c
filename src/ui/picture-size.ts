/** @file Picture sizes a model can paint: multiples of its VAE's factor, in a few usual shapes. */

export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** Largest side on offer; more needs the tiled decoder. */
const MAX_SIDE = 2048;

/** Usual shapes, width to height, as [short name, ratio]. */
const SHAPES: readonly (readonly [string, number])[] = [
  ['1:1', 1],
  ['3:2', 3 / 2],
  ['2:3', 2 / 3],
  ['16:9', 16 / 9],
  ['9:16', 9 / 16],
];

/** The nearest side length that the model can paint; for something that is no number, the smallest. */
export function snapSide(side: number, multiple: number): number {
  const largest = Math.floor(MAX_SIDE / multiple) * multiple;
  const snapped = Math.round(side / multiple) * multiple;
  return Number.isNaN(snapped) ? multiple : Math.min(largest, Math.max(multiple, snapped));
}

/** The usual shapes with about as many pixels as the model's own size, which comes first. */
export function sizeChoices(
  own: PictureSize,
  multiple: number,
): (PictureSize & { readonly label: string })[] {
  const area = own.width * own.height;
  const shapes = SHAPES.map(([label, ratio]) => ({
    label,
    width: snapSide(Math.sqrt(area * ratio), multiple),
    height: snapSide(Math.sqrt(area / ratio), multiple),
  }));
  const first = shapes.find((shape) => isSameSize(shape, own)) ?? {
    label: `${own.width}×${own.height}`,
    ...own,
  };
  const choices = [first];
  for (const shape of shapes) {
    if (!choices.some((choice) => isSameSize(choice, shape))) choices.push(shape);
  }
  return choices;
}

export function isSameSize(a: PictureSize, b: PictureSize): boolean {
  return a.width === b.width && a.height === b.height;
}
