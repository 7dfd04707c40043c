/** @file The tiny model as a single file, and files made from it by changing tensors. */
import { readFileSync } from 'node:fs';
import type { Dtype } from '../safetensors-header.ts';
import type { RandomAccessFile } from '../source.ts';
import { rawSafetensors } from '../test-files.ts';

const FIXTURES = new URL('../../../e2e/fixtures/tiny-sdxl/', import.meta.url);

/** A tensor as it stands in a file. */
export interface FileTensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

type Header = Record<string, { dtype: Dtype; shape: number[]; data_offsets: [number, number] }>;

/** A file of the tiny model's folder of fixtures. */
export function tinyFixture(path: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(new URL(path, FIXTURES)));
}

/** All tensors of a file. */
export function tensorsOf(bytes: Uint8Array<ArrayBuffer>): Map<string, FileTensor> {
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Header;
  const data = bytes.subarray(8 + length);
  return new Map(
    Object.entries(header).flatMap(([name, { dtype, shape, data_offsets: offsets }]) =>
      name === '__metadata__' ? [] : [[name, { dtype, shape, bytes: data.subarray(...offsets) }]],
    ),
  );
}

/** The entries of a header whose tensors lie one behind the other, and how long they are together. */
function layOut(tensors: ReadonlyMap<string, FileTensor>): { header: Header; length: number } {
  const header: Header = {};
  let length = 0;
  for (const [name, { dtype, shape, bytes }] of tensors) {
    header[name] = { dtype, shape: [...shape], data_offsets: [length, (length += bytes.length)] };
  }
  return { header, length };
}

/** A file of these tensors. */
export function fileOf(
  tensors: ReadonlyMap<string, FileTensor>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const { header, length } = layOut(tensors);
  const data = new Uint8Array(length);
  for (const [name, { bytes }] of tensors) data.set(bytes, header[name]?.data_offsets[0]);
  return rawSafetensors(metadata ? { __metadata__: metadata, ...header } : header, data);
}

/** A file of these tensors that has a header only; its values cannot be read. */
export function headerOf(path: string, tensors: ReadonlyMap<string, FileTensor>): RandomAccessFile {
  const { header, length } = layOut(tensors);
  const bytes = rawSafetensors(header, new Uint8Array(0));
  return {
    path,
    size: bytes.length + length,
    read: (begin, size) => Promise.resolve(bytes.slice(begin, begin + size)),
  };
}

/** A tensor of zeros in bfloat16. */
export function zeros(...shape: number[]): FileTensor {
  return { dtype: 'BF16', shape, bytes: new Uint8Array(2 * shape.reduce((a, b) => a * b, 1)) };
}
