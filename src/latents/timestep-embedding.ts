/**
 * @file The sinusoidal embedding of timesteps (Ho et al., 2020), as diffusers' `get_timestep_embedding`. Every
 * intermediate is rounded to float32 as torch rounds it: at timestep 999 the rounding of a frequency is visible.
 */

const MAX_PERIOD = 10_000;

interface TimestepEmbeddingOptions {
  /** Cosines before sines (a UNet's `flip_sin_to_cos`). */
  readonly flipSinToCos: boolean;
  /** What is taken from the number of frequencies when they are spaced (a UNet's `freq_shift`). */
  readonly freqShift: number;
}

/**
 * Embeds one value.
 * @param timestep may be fractional or negative; rounded to float32
 * @returns [dim]: ⌊dim/2⌋ sines and as many cosines; an odd last element is zero
 */
export function timestepEmbedding(
  timestep: number,
  dim: number,
  { flipSinToCos, freqShift }: TimestepEmbeddingOptions,
): Float32Array {
  const half = Math.floor(dim / 2);
  const embedding = new Float32Array(dim);
  const [sines, cosines] = flipSinToCos ? [half, 0] : [0, half];
  const logPeriod = Math.fround(Math.log(MAX_PERIOD));
  for (let i = 0; i < half; i++) {
    const exponent = Math.fround(Math.fround(-logPeriod * i) / (half - freqShift));
    const angle = Math.fround(Math.fround(timestep) * Math.fround(Math.exp(exponent)));
    embedding[sines + i] = Math.sin(angle);
    embedding[cosines + i] = Math.cos(angle);
  }
  return embedding;
}
