/**
 * @file Noise near a seed's: on the way to another seed's, as AUTOMATIC1111's web UI mixes the two. The mix keeps the
 * variance, so what is painted from it is as good a picture; with a little of the other it is a sister of the first.
 */

/** Cosines of this much on average leave no angle to divide by. */
const NEARLY_SAME = 0.9995;
/** A column whose sine is below this is mixed linearly. The web UI divides by it, which is not finite for one row. */
const LEAST_SINE = 1e-6;

/**
 * From `first` (share 0) to `second` (share 1), both [C, h, w]. The way is the arc between the columns of each channel: the
 * web UI takes lengths and angles along the second dimension. A new array.
 */
export function mixNoise(
  share: number,
  first: Float32Array,
  second: Float32Array,
  shape: readonly [channels: number, height: number, width: number],
): Float32Array {
  const cosines = columnCosines(first, second, shape);
  const meanCosine = cosines.reduce((sum, cosine) => sum + cosine, 0) / cosines.length;
  // The web UI has the shares the other way round here. Pictures of nearly the same noise are to be nearly the same as there.
  if (meanCosine > NEARLY_SAME) return first.map((value, i) => value * share + at(second, i) * (1 - share));
  const [, height, width] = shape;
  return first.map((value, i) => {
    const column = Math.floor(i / (height * width)) * width + (i % width);
    const [ofFirst, ofSecond] = weights(share, cosines[column] as number);
    return value * ofFirst + at(second, i) * ofSecond;
  });
}

function weights(share: number, cosine: number): readonly [number, number] {
  const angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
  const sine = Math.sin(angle);
  if (sine < LEAST_SINE) return [1 - share, share];
  return [Math.sin((1 - share) * angle) / sine, Math.sin(share * angle) / sine];
}

/** Of every column of every channel, the cosine between the two. */
function columnCosines(
  first: Float32Array,
  second: Float32Array,
  [channels, height, width]: readonly [number, number, number],
): number[] {
  return Array.from({ length: channels * width }, (_, column) => {
    const start = Math.floor(column / width) * height * width + (column % width);
    let [both, ofFirst, ofSecond] = [0, 0, 0];
    for (let y = 0; y < height; y++) {
      const [a, b] = [at(first, start + y * width), at(second, start + y * width)];
      both += a * b;
      ofFirst += a * a;
      ofSecond += b * b;
    }
    return both / Math.sqrt(ofFirst * ofSecond);
  });
}

function at(values: Float32Array, index: number): number {
  return values[index] as number;
}
