/** @file Between the two layouts of images: latents and pictures are NCHW to the world, NHWC to the templates. */

/** [channels, pixels] → [pixels, channels]. */
export function toChannelsLast(data: Float32Array, channels: number): Float32Array {
  return transpose(data, channels, data.length / channels);
}

/** [pixels, channels] → [channels, pixels]. */
export function toChannelsFirst(data: Float32Array, channels: number): Float32Array {
  return transpose(data, data.length / channels, channels);
}

function transpose(data: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++)
      result[column * rows + row] = data[row * columns + column] ?? 0;
  }
  return result;
}
