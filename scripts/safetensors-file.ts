/** @file Writes a `.safetensors` file of any size piece by piece. */
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';

/** A tensor of the file, in the order of the list; `write` hands over its bytes. */
export interface FileTensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly byteLength: number;
  readonly write: (put: (bytes: Uint8Array) => Promise<void>) => Promise<void>;
}

/** Writes a file. Its size in bytes. */
export async function writeTensorFile(
  file: string,
  tensors: readonly FileTensor[],
  metadata: Readonly<Record<string, string>>,
): Promise<number> {
  let offset = 0;
  const entries: Record<string, unknown> = { __metadata__: metadata };
  for (const { name, dtype, shape, byteLength } of tensors) {
    entries[name] = { dtype, shape, data_offsets: [offset, offset + byteLength] };
    offset += byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(entries));
  const header = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true);
  header.set(json, 8);
  await mkdir(path.dirname(file), { recursive: true });
  const handle = await open(file, 'w');
  try {
    await putAll(handle, header);
    for (const { write } of tensors) await write((bytes) => putAll(handle, bytes));
  } finally {
    await handle.close();
  }
  return header.length + offset;
}

/** A single write may be cut short by the system. */
async function putAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += (await handle.write(bytes, at)).bytesWritten;
}
