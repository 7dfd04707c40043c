/**
 * @file Splits a safetensors file into parts that every host takes, with the index by which diffusers and
 * transformers (and Emulsion) find the tensors: `model-00001-of-00002.safetensors`, `model.safetensors.index.json`.
 * Tensors stay whole and keep their bytes.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { MAX_FILE_BYTES } from './host-limit.ts';

/** A tensor as the header has it; offsets count from the end of the header. */
interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

const ENDING = '.safetensors';
const LENGTH_FIELD_BYTES = 8;

/**
 * Replaces a file by its parts and their index. A tensor that is too large by itself gets a part that is too large.
 * @param file a sound safetensors file
 */
export function splitWeights(file: string, maxBytes = MAX_FILE_BYTES): void {
  const bytes = readFileSync(file);
  const dataBegin = LENGTH_FIELD_BYTES + Number(bytes.readBigUInt64LE());
  const { __metadata__, ...entries } = JSON.parse(
    bytes.toString('utf8', LENGTH_FIELD_BYTES, dataBegin),
  ) as Record<string, Entry>;
  // With the whole header in each part's way, none comes out too large.
  const parts = groupTensors(Object.entries(entries), maxBytes - dataBegin);
  const { dir, name } = path.parse(file);
  const map: Record<string, string> = {};
  rmSync(file);
  for (const [i, part] of parts.entries()) {
    const partName = `${name}-${digits(i + 1)}-of-${digits(parts.length)}${ENDING}`;
    writeFileSync(path.join(dir, partName), joinPart(part, __metadata__, bytes.subarray(dataBegin)));
    for (const [tensor] of part) map[tensor] = partName;
  }
  const index = { metadata: { total_size: bytes.length - dataBegin }, weight_map: map };
  writeFileSync(path.join(dir, `${name}${ENDING}.index.json`), JSON.stringify(index, null, 2));
}

type Part = [string, Entry][];

/** Neighbours stay together. */
function groupTensors(entries: Part, maxBytes: number): Part[] {
  const parts: Part[] = [];
  let partBegin = 0;
  for (const entry of entries.sort(([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0])) {
    const [begin, end] = entry[1].data_offsets;
    const part = parts.at(-1);
    if (part && end - partBegin <= maxBytes) {
      part.push(entry);
    } else {
      parts.push([entry]);
      partBegin = begin;
    }
  }
  return parts;
}

function joinPart(part: Part, metadata: unknown, data: Buffer): Buffer {
  const partBegin = part[0]?.[1].data_offsets[0] ?? 0;
  const partEnd = part.at(-1)?.[1].data_offsets[1] ?? 0;
  const entries = part.map(
    ([
      name,
      {
        data_offsets: [begin, end],
        ...rest
      },
    ]) => [name, { ...rest, data_offsets: [begin - partBegin, end - partBegin] }],
  );
  const json = JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(entries) });
  const header = Buffer.from(json + ' '.repeat(-Buffer.byteLength(json) & 7));
  const length = Buffer.alloc(LENGTH_FIELD_BYTES);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, data.subarray(partBegin, partEnd)]);
}

function digits(number: number): string {
  return String(number).padStart(5, '0');
}
