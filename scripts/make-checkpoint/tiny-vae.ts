/** @file The tensors and the config of a tiny autoencoder (TAESD), as diffusers' `AutoencoderTiny` names them. */
import { layer, type NamedShape } from '../../src/weights/single-file/tensor-names.ts';

const LATENT_CHANNELS = 4;
const IMAGE_CHANNELS = 3;
/** Blocks between two changes of size, from the picture inwards. */
const ENCODER_BLOCKS = [1, 3, 3, 3];
const DECODER_BLOCKS = [3, 3, 3, 1];

/** `tiny_vae/config.json`. */
export function tinyVaeFields(channels: number): Record<string, unknown> {
  const widths = ENCODER_BLOCKS.map(() => channels);
  return {
    _class_name: 'AutoencoderTiny',
    in_channels: IMAGE_CHANNELS,
    out_channels: IMAGE_CHANNELS,
    latent_channels: LATENT_CHANNELS,
    encoder_block_out_channels: widths,
    decoder_block_out_channels: widths,
    num_encoder_blocks: ENCODER_BLOCKS,
    num_decoder_blocks: DECODER_BLOCKS,
    scaling_factor: 1,
  };
}

/** All tensors, encoder first. Layers count activations and enlargements too, which have no tensors. */
export function tinyVaeTensors(channels: number): NamedShape[] {
  const tensors: NamedShape[] = [];
  let index = 0;
  const convolution = (half: string, outSize: number, inSize: number, bias = true): void => {
    tensors.push(...layer(`${half}.layers.${index++}`, outSize, inSize, 3, bias));
  };
  const blocks = (half: string, count: number): void => {
    for (let i = 0; i < count; i++) {
      const name = `${half}.layers.${index++}`;
      for (const part of [0, 2, 4]) tensors.push(...layer(`${name}.conv.${part}`, channels, channels, 3));
    }
  };
  ENCODER_BLOCKS.forEach((count, level) => {
    convolution('encoder', channels, level === 0 ? IMAGE_CHANNELS : channels, level === 0);
    blocks('encoder', count);
  });
  convolution('encoder', LATENT_CHANNELS, channels);
  index = 0;
  convolution('decoder', channels, LATENT_CHANNELS);
  index++; // its activation
  DECODER_BLOCKS.forEach((count, level) => {
    blocks('decoder', count);
    const isLast = level === DECODER_BLOCKS.length - 1;
    if (!isLast) index++; // the enlargement
    convolution('decoder', isLast ? IMAGE_CHANNELS : channels, channels, isLast);
  });
  return tensors;
}
