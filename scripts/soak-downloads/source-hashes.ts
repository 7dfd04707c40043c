/** @file SHA-256 of stored records, taken from the files they came from: what the store has to hold. */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { readSafetensorsHeader } from '../../src/weights/safetensors.ts';

/** A record as the store lays it out: slices of a component's tensors, in bytes of bfloat16, back to back. */
export interface RecordLayout {
  readonly component: string;
  readonly slices: readonly { readonly tensor: string; readonly begin: number; readonly end: number }[];
}

const NAMES = ['diffusion_pytorch_model.safetensors', 'model.safetensors'];

/**
 * @param folder a model in the diffusers layout, in bfloat16, one file per component
 * @returns lower-case hex, in the order of the records
 */
export async function hashRecords(folder: string, records: readonly RecordLayout[]): Promise<string[]> {
  const hashes: string[] = [];
  for (const component of new Set(records.map((record) => record.component))) {
    const handle = await openFirst(NAMES.map((name) => path.join(folder, component, name)));
    const read = async (offset: number, length: number) => {
      const { buffer } = await handle.read(new Uint8Array(length), 0, length, offset);
      return buffer;
    };
    const { size } = await handle.stat();
    const { tensors } = await readSafetensorsHeader({ path: component, size, read });
    for (const [i, { slices, component: owner }] of records.entries()) {
      if (owner !== component) continue;
      const hash = createHash('sha256');
      for (const { tensor, begin, end } of slices) {
        const place = tensors.get(tensor)?.begin ?? NaN;
        hash.update(await read(place + begin, end - begin));
      }
      hashes[i] = hash.digest('hex');
    }
    await handle.close();
  }
  return hashes;
}

async function openFirst(files: readonly string[]) {
  for (const file of files) {
    const handle = await open(file).catch(() => undefined);
    if (handle) return handle;
  }
  throw new Error(`none of ${files.join(', ')} is there`);
}
