/** @file What `reference.py` recorded. */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parseF32Safetensors, writeSafetensors } from '../../src/weights/safetensors.ts';

const REFERENCE = new URL('../../e2e/fixtures/reference/', import.meta.url);
const TENSORS = 'full-unet.safetensors';

interface Facts {
  readonly prompt: string;
  /** Of the picture, in pixels. */
  readonly side: number;
  readonly sigma: number;
  readonly unetSha256: string;
}

/** One evaluation: what goes in, and what must come out. */
export interface EvaluationRecord extends Facts {
  /** A `.safetensors` file with `init_noise`. */
  readonly noiseFile: Uint8Array;
  /** Unit normal, [1, C, h, w]. */
  readonly noise: Float32Array;
  /** [1, width] of the second text encoder. */
  readonly pooled: Float32Array;
  /** The UNet's output, [1, C, h, w]. */
  readonly prediction: Float32Array;
}

/** @param text whose text encoders: those of size `full` or of size `mid` */
export function readRecord(text: 'full' | 'mid'): EvaluationRecord {
  const tensors = parseF32Safetensors(readFileSync(new URL(TENSORS, REFERENCE)), TENSORS);
  const take = (name: string) => {
    const tensor = tensors.get(name);
    if (!tensor) throw new Error(`${TENSORS} has no tensor ${name}`);
    return tensor;
  };
  return {
    ...readFacts(),
    noiseFile: writeSafetensors({ init_noise: take('init_noise') }),
    noise: take('init_noise').data,
    pooled: take(`${text}.pooled`).data,
    prediction: take(`${text}.prediction`).data,
  };
}

/** Whether a folder has a UNet, and it is the one the records were made with. */
export async function isFullUnet(folder: string): Promise<boolean> {
  const hash = createHash('sha256');
  const file = path.join(folder, 'unet', 'diffusion_pytorch_model.safetensors');
  if (!existsSync(file)) return false;
  await pipeline(createReadStream(file, { highWaterMark: 2 ** 20 }), hash);
  return hash.digest('hex') === readFacts().unetSha256;
}

function readFacts(): Facts {
  return JSON.parse(readFileSync(new URL('full-unet.json', REFERENCE), 'utf8')) as Facts;
}
