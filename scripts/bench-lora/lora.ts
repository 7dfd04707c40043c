/** @file A LoRA over every module of a UNet that one may touch, of values that are small and different. */
import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import path from 'node:path';
import type { F32Tensor } from '../../src/weights/safetensors.ts';

const TARGET = /\.transformer_blocks\.\d+\.(attn[12]\.(to_[qkv]|to_out\.0)|ff\.net\.(0\.proj|2))\.weight$/;
const LENGTH_FIELD_BYTES = 8;

interface MadeLora {
  readonly tensors: Readonly<Record<string, F32Tensor>>;
  readonly modules: number;
  /** Of the weights it is added to. */
  readonly values: number;
}

/** @param folder of a model in the diffusers layout */
export function makeLora(folder: string, rank: number): MadeLora {
  const shapes = Object.entries(unetShapes(path.join(folder, 'unet'))).filter(([name]) => TARGET.test(name));
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
function unetShapes(folder: string): Record<string, readonly number[]> {
  const files = readdirSync(folder).filter((name) => name.endsWith('.safetensors'));
  const headers = files.map((name) => readHeader(path.join(folder, name)));
  return Object.fromEntries(
    headers.flatMap((header) => Object.entries(header).map(([name, { shape = [] }]) => [name, shape])),
  );
}

function readHeader(file: string): Record<string, { readonly shape?: readonly number[] }> {
  const handle = openSync(file, 'r');
  try {
    const field = Buffer.alloc(LENGTH_FIELD_BYTES);
    readSync(handle, field, 0, field.length, 0);
    const json = Buffer.alloc(Number(field.readBigUInt64LE()));
    readSync(handle, json, 0, json.length, LENGTH_FIELD_BYTES);
    return JSON.parse(json.toString('utf8')) as Record<string, { readonly shape?: readonly number[] }>;
  } finally {
    closeSync(handle);
  }
}
