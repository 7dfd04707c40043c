/**
 * @file What the tests of this folder share: hand-made `.safetensors` bytes (also broken ones), a model folder in
 * memory that records what is read from it, and the golden files.
 */
import { readFileSync } from 'node:fs';
import { blobFile } from './blob-file.ts';
import type { ModelSource } from './source.ts';

/**
 * A file with the given header text (or object) and data, however wrong they are.
 * @param length the header length to claim; the true one when absent
 */
export function rawSafetensors(header: unknown, data: Uint8Array, length?: bigint): Uint8Array<ArrayBuffer> {
  const json =
    header instanceof Uint8Array
      ? header
      : new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const file = new Uint8Array(8 + json.length + data.length);
  new DataView(file.buffer).setBigUint64(0, length ?? BigInt(json.length), true);
  file.set(json, 8);
  file.set(data, 8 + json.length);
  return file;
}

/** A model folder in memory; every read is noted as [path, offset, length]. */
export function memorySource(files: Readonly<Record<string, Uint8Array<ArrayBuffer>>>) {
  const reads: [path: string, offset: number, length: number][] = [];
  const opened: string[] = [];
  const source: ModelSource = {
    label: 'memory',
    open(path) {
      opened.push(path);
      const bytes = files[path];
      if (!bytes) return Promise.resolve(undefined);
      const file = blobFile(path, new Blob([bytes]));
      return Promise.resolve({
        ...file,
        read(offset: number, length: number, signal?: AbortSignal) {
          reads.push([path, offset, length]);
          return file.read(offset, length, signal);
        },
      });
    },
  };
  return { source, reads, opened };
}

/** A file of `golden/`. */
export function goldenFile(path: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(new URL(`golden/${path}`, import.meta.url)));
}

/** A file of the tiny SDXL model. */
export function tinyModelFile(path: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(new URL(`../../e2e/fixtures/tiny-sdxl/model/${path}`, import.meta.url)));
}

/** A file of F32 tensors [1], each holding its number. */
export function numbered(values: Readonly<Record<string, number>>): Uint8Array<ArrayBuffer> {
  const entries = Object.keys(values).map((name, i) => [
    name,
    { dtype: 'F32', shape: [1], data_offsets: [4 * i, 4 * i + 4] },
  ]);
  const data = new Uint8Array(Float32Array.from(Object.values(values)).buffer);
  return rawSafetensors(Object.fromEntries(entries), data);
}
