/** @file A LoRA over every module of a UNet that one may touch, of values that are small and different. */
import { openAsBlob, readdirSync } from 'node:fs';
import path from 'node:path';
import { blobFile } from '../../src/weights/blob-file.ts';
import { readSafetensorsHeader, type F32Tensor } from '../../src/weights/safetensors.ts';

const TARGET = /\.transformer_blocks\.\d+\.(attn[12]\.(to_[qkv]|to_out\.0)|ff\.net\.(0\.proj|2))\.weight$/;

interface MadeLora {
  readonly tensors: Readonly<Record<string, F32Tensor>>;
  readonly modules: number;
  /** Of the weights it is added to. */
  readonly values: number;
}

/** @param folder of a model in the diffusers layout */
export async function makeLora(folder: string, rank: number): Promise<MadeLora> {
  const all = await unetShapes(path.join(folder, 'unet'));
  const shapes = all.filter(([name]) => TARGET.test(name));
  const tensors: Record<string, F32Tensor> = {};
  let values = 0;
  for (const [name, [out = 0, inner = 0]] of shapes) {
    const module = `unet.${name.replace(/\.weight$/, '')}`;
    tensors[`${module}.lora_A.weight`] = someValues([rank, inner]);
    tensors[`${module}.lora_B.weight`] = someValues([out, rank]);
    values += out * inner;
  }
  return { tensors, modules: shapes.length, values };
}

function someValues(shape: readonly [number, number]): F32Tensor {
  const data = Float32Array.from({ length: shape[0] * shape[1] }, (_, i) => 0.01 * Math.sin(i * 12.9898));
  return { shape, data };
}

/** By name, from the headers of the weight files. */
async function unetShapes(folder: string): Promise<[name: string, shape: readonly number[]][]> {
  const files = readdirSync(folder).filter((name) => name.endsWith('.safetensors'));
  const headers = await Promise.all(
    files.map(async (name) => {
      const blob = await openAsBlob(path.join(folder, name));
      return readSafetensorsHeader(blobFile(name, blob));
    }),
  );
  return headers.flatMap(({ tensors }) =>
    [...tensors].map(([name, { shape }]): [string, readonly number[]] => [name, shape]),
  );
}
