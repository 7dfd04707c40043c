/**
 * @file Scales what runs inside a network without changing what it computes, up to the eps of its GroupNorms; the
 * algebra is in docs/precision.md. SDXL's own VAE is like that: its inner values pass 65504, where float16 ends.
 */
import { constants } from 'node:fs';
import { cp, mkdir, open, readdir, readFile, rm, writeFile, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../../src/error.ts';
import { bf16FromF32, f32FromBf16, f32FromF16 } from '../../src/weights/bf16.ts';
import { readSafetensorsHeader } from '../../src/weights/safetensors.ts';
import { writeTensorFile, type FileTensor } from '../safetensors-file.ts';

/** Networks that can be rescaled, by their folder, and where in them the residual stream is. */
const STREAMS = { vae: 'decoder.', unet: '' } as const;
export type RescaledComponent = keyof typeof STREAMS;

export interface OverflowOrder {
  /** A model in the diffusers layout. */
  readonly model: string;
  /** Where the rescaled one goes; not there yet. */
  readonly out: string;
  readonly components: readonly RescaledComponent[];
  /** A power of two, so that bfloat16 weights stay exact. */
  readonly scale: number;
}

const MANIFEST = 'emulsion.json';

/** Layers that write to the residual stream from values that a norm has freed of its scale. */
const WRITERS =
  /(^conv_in|\.resnets\.\d+\.conv2|\.attentions\.\d+\.(proj_out|proj_attn|to_out\.0))\.(weight|bias)$/;
/** Layers that take the stream itself on: it brings its scale along, their bias does not. */
const CARRIERS = /\.(conv_shortcut|(down|up)samplers\.\d+\.conv)\.bias$/;

/** Whether the tensor of this name has to be multiplied by the scale. */
export function isRescaled(component: RescaledComponent, name: string): boolean {
  const prefix = STREAMS[component];
  if (!name.startsWith(prefix)) return false;
  const inner = name.slice(prefix.length);
  return WRITERS.test(inner) || CARRIERS.test(inner);
}

/**
 * Writes the rescaled model; a failure leaves nothing behind. How many tensors were multiplied.
 * @throws AppError `weights/…` where the model has no such weights, or not in a floating-point format we read
 */
export async function rescaleModel(order: OverflowOrder): Promise<number> {
  await mkdir(order.out);
  try {
    return await rescaleInto(order);
  } catch (error) {
    await rm(order.out, { recursive: true });
    throw error;
  }
}

async function rescaleInto({ model, out, components, scale }: OverflowOrder): Promise<number> {
  const isRewritten = (file: string): boolean => {
    const [component = '', name = ''] = path.relative(model, file).split(path.sep);
    return components.some((one) => one === component) && name.endsWith('.safetensors');
  };
  await cp(model, out, {
    recursive: true,
    mode: constants.COPYFILE_FICLONE,
    filter: (file) => !isRewritten(file),
  });
  let all = 0;
  for (const component of components) {
    let count = 0;
    for (const name of await readdir(path.join(model, component))) {
      if (!name.endsWith('.safetensors')) continue;
      const [from, to] = [model, out].map((folder) => path.join(folder, component, name)) as [string, string];
      count += await rescaleFile(from, to, component, scale);
    }
    if (count === 0)
      throw new AppError('weights/tensor-missing', { tensor: `${STREAMS[component]}conv_in`, component });
    all += count;
  }
  await rename(path.join(out, MANIFEST));
  return all;
}

async function rescaleFile(
  from: string,
  to: string,
  component: RescaledComponent,
  scale: number,
): Promise<number> {
  const handle = await open(from);
  try {
    const { size } = await handle.stat();
    const read = (offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> =>
      readFrom(handle, offset, length);
    const { tensors, metadata } = await readSafetensorsHeader({ path: from, size, read });
    let count = 0;
    const list = [...tensors].map(([name, { dtype, shape, begin, end }]): FileTensor => {
      const isScaled = isRescaled(component, name);
      if (isScaled) count++;
      // What float16 weights become may be too large for them.
      const written = isScaled && dtype === 'F16' ? 'F32' : dtype;
      return {
        name,
        dtype: written,
        shape,
        byteLength: written === dtype ? end - begin : 2 * (end - begin),
        write: async (put) => {
          const bytes = await read(begin, end - begin);
          await put(isScaled ? multiplied(bytes, { dtype, scale, tensor: name, file: from }) : bytes);
        },
      };
    });
    await writeTensorFile(to, list, metadata);
    return count;
  } finally {
    await handle.close();
  }
}

/** A tensor's bytes, each value times the scale: bfloat16 as such, others as float32. */
function multiplied(
  { buffer }: Uint8Array<ArrayBuffer>,
  { dtype, scale, tensor, file }: { dtype: string; scale: number; tensor: string; file: string },
): Uint8Array {
  const times = (values: Float32Array): Float32Array => values.map((value) => value * scale);
  const results: Readonly<Record<string, () => Uint16Array | Float32Array>> = {
    BF16: () => bf16FromF32(times(f32FromBf16(new Uint16Array(buffer)))),
    F16: () => times(f32FromF16(new Uint16Array(buffer))),
    F32: () => times(new Float32Array(buffer)),
  };
  const result = results[dtype]?.();
  if (!result) throw new AppError('weights/dtype-unsupported', { file, tensor, dtype });
  return new Uint8Array(result.buffer);
}

async function readFrom(
  handle: FileHandle,
  offset: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const { bytesRead } = await handle.read(bytes, at, length - at, offset + at);
    if (bytesRead === 0) throw new Error('a weight file ends too early');
    at += bytesRead;
  }
  return bytes;
}

/** A manifest's model gets a name that tells it from the one it was made of. */
async function rename(manifest: string): Promise<void> {
  const text = await readFile(manifest, 'utf8').catch(() => undefined);
  if (text === undefined) return;
  const fields = JSON.parse(text) as Record<string, unknown>;
  if (typeof fields['name'] !== 'string') return;
  await writeFile(
    manifest,
    `${JSON.stringify({ ...fields, name: `${fields['name']}, rescaled` }, null, 2)}\n`,
  );
}
