/** @file Picture sizes a model can paint: those it was trained for, and multiples of its VAE's factor in a few usual shapes. */

export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** A size on offer, by a short name. */
export interface SizeChoice extends PictureSize {
  readonly label: string;
}

/** What sizes depend on of a model. */
export interface SizedModel extends PictureSize {
  readonly sizeMultiple: number;
  readonly sizes: readonly (readonly [width: number, height: number])[];
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

/** The sizes that a model was trained for; none where it does not say. */
export function trainedSizes({ sizes }: Pick<SizedModel, 'sizes'>): SizeChoice[] {
  return sizes.map(([width, height]) => ({ label: sizeLabel({ width, height }), width, height }));
}

/** Whether a model says what it was trained for, and this is not among it. */
export function isUntrained(size: PictureSize, model: Pick<SizedModel, 'sizes'>): boolean {
  return model.sizes.length > 0 && !trainedSizes(model).some((trained) => isSameSize(trained, size));
}

/** The usual shapes with about as many pixels as the model's own size, which comes first; without those it was trained for. */
export function shapeSizes(model: SizedModel): SizeChoice[] {
  const { width, height, sizeMultiple } = model;
  const own = { width, height };
  const area = width * height;
  const shapes = SHAPES.map(([label, ratio]) => ({
    label,
    width: snapSide(Math.sqrt(area * ratio), sizeMultiple),
    height: snapSide(Math.sqrt(area / ratio), sizeMultiple),
  }));
  const first = shapes.find((shape) => isSameSize(shape, own)) ?? { label: sizeLabel(own), ...own };
  const choices: SizeChoice[] = [];
  for (const shape of [first, ...shapes]) {
    const isTrained = trainedSizes(model).some((trained) => isSameSize(trained, shape));
    if (!isTrained && !choices.some((choice) => isSameSize(choice, shape))) choices.push(shape);
  }
  return choices;
}

/** Everything on offer. */
export function offeredSizes(model: SizedModel): SizeChoice[] {
  return [...trainedSizes(model), ...shapeSizes(model)];
}

export function isSameSize(a: PictureSize, b: PictureSize): boolean {
  return a.width === b.width && a.height === b.height;
}

export function sizeLabel({ width, height }: PictureSize): string {
  return `${width}×${height}`;
}
