/**
 * @file The header of a `.safetensors` file: 8 bytes little-endian length, then that many bytes of JSON naming
 * every tensor, then the tensors' bytes back to back. Nothing in it is believed unchecked. It refuses what the
 * reference library (safetensors 0.8) refuses: the tensors must tile the rest of the file exactly, without holes,
 * overlaps or left-over bytes. As the format's text asks, it also refuses leading blanks and every repeated key.
 * https://huggingface.co/docs/safetensors
 */
import { AppError } from '../error.ts';

/** Bytes of the length field in front of the JSON. */
export const LENGTH_FIELD_BYTES = 8;
const METADATA_KEY = '__metadata__';
/** The reference library's limit. */
const MAX_HEADER_BYTES = 100_000_000;

/** Every element type of the format, with its size in bits. */
const DTYPE_BITS = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
} as const;

export type Dtype = keyof typeof DTYPE_BITS;

/** Where one tensor lies: row-major, little-endian, bytes `begin` (inclusive) to `end` of the whole file. */
export interface TensorInfo {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** `__metadata__`; empty when the file has none. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Offset of the first byte after the header. */
  readonly dataBegin: number;
}

type Fail = (reason: string) => never;

/** What people find in place of the file, by its first 8 characters. */
const IMPOSTORS = [
  {
    start: /^version /,
    reason: 'it is a Git LFS pointer in place of the file, which "git lfs pull" fetches',
  },
  { start: /^\s*<(!doc|html)/i, reason: 'it is a web page, perhaps a login or error page of the server' },
] as const;

/**
 * The length of the JSON, from a file's first 8 bytes (fewer when the file is that short).
 * @param file the name used in messages
 * @throws AppError `weights/header-invalid`
 */
export function parseHeaderLength(field: Uint8Array, fileSize: number, file: string): number {
  const fail = failFor(file);
  if (fileSize < LENGTH_FIELD_BYTES) fail(`the file has ${fileSize} bytes, too few for a header`);
  const impostor = IMPOSTORS.find(({ start }) => start.test(String.fromCharCode(...field)));
  if (impostor) fail(impostor.reason);
  const length = new DataView(field.buffer, field.byteOffset, LENGTH_FIELD_BYTES).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES))
    fail(`a header of ${String(length)} bytes is larger than any real one`);
  if (Number(length) > fileSize - LENGTH_FIELD_BYTES) {
    fail(`the header should be ${String(length)} bytes long, but the file ends after ${fileSize} bytes`);
  }
  return Number(length);
}

/**
 * Reads the JSON part of a header and checks it against the size of the file.
 * @param json the header without its length field
 * @param file the name used in messages
 * @throws AppError `weights/header-invalid`
 */
export function parseHeader(json: Uint8Array, fileSize: number, file: string): SafetensorsHeader {
  const fail = failFor(file);
  const dataBegin = LENGTH_FIELD_BYTES + json.length;
  const header = parseObject(json, fail);
  const tensors = new Map<string, TensorInfo>();
  for (const name of Object.keys(header)) {
    if (name === METADATA_KEY) continue;
    const tensorFail: Fail = (reason) => fail(`tensor '${name}': ${reason}`);
    tensors.set(name, parseTensor(header[name], dataBegin, fileSize, tensorFail));
  }
  checkTiling(tensors, dataBegin, fileSize, fail);
  return { tensors, metadata: parseMetadata(header[METADATA_KEY], fail), dataBegin };
}

function failFor(file: string): Fail {
  return (reason) => {
    throw new AppError('weights/header-invalid', { file, reason });
  };
}

function parseObject(bytes: Uint8Array, fail: Fail): Record<string, unknown> {
  if (bytes[0] !== 0x7b) fail("the header does not begin with '{'");
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return fail('the header is not valid UTF-8');
  }
  try {
    value = JSON.parse(text);
  } catch (error) {
    return fail(`the header is not valid JSON (${String(error)})`);
  }
  const repeated = findRepeatedKey(text);
  if (repeated !== undefined) fail(`the key '${repeated}' occurs twice in one object`);
  return value as Record<string, unknown>;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/** `JSON.parse` silently keeps the last of two equal keys, so they are looked for in the (valid) text. */
function findRepeatedKey(json: string): string | undefined {
  const scopes: Set<string>[] = [];
  for (let i = 0; i < json.length; i++) {
    const char = json.charCodeAt(i);
    if (char === OPEN) scopes.push(new Set());
    else if (char === CLOSE) scopes.pop();
    else if (char === QUOTE) {
      const start = i++;
      while (json.charCodeAt(i) !== QUOTE) i += json.charCodeAt(i) === BACKSLASH ? 2 : 1;
      let next = i + 1;
      while (isBlank(json.charCodeAt(next))) next++;
      if (json.charCodeAt(next) !== COLON) continue;
      const raw = json.slice(start, i + 1);
      const key = raw.includes('\\') ? (JSON.parse(raw) as string) : raw.slice(1, -1);
      const scope = scopes.at(-1);
      if (scope?.has(key)) return key;
      scope?.add(key);
    }
  }
  return undefined;
}

function isBlank(char: number): boolean {
  return char === 0x20 || char === 0x0a || char === 0x0d || char === 0x09;
}

function parseMetadata(value: unknown, fail: Fail): Record<string, string> {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) return fail('__metadata__ is not an object');
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') fail(`__metadata__ '${key}' is not a string`);
  }
  return value as Record<string, string>;
}

function parseTensor(entry: unknown, dataBegin: number, fileSize: number, fail: Fail): TensorInfo {
  if (!isObject(entry)) return fail('its entry is not an object');
  const { dtype, shape, data_offsets: offsets } = entry;
  if (!isDtype(dtype)) return fail(`unknown dtype ${shown(dtype)}`);
  if (!isSizes(shape)) return fail(`its shape ${shown(shape)} is not a list of sizes`);
  if (!isSizes(offsets) || offsets.length !== 2) {
    return fail(`its data_offsets ${shown(offsets)} are not two offsets`);
  }
  const [begin, end] = offsets as [number, number];
  if (begin > end) fail(`its data_offsets run backwards, from ${begin} to ${end}`);
  if (end > fileSize - dataBegin) {
    fail(`its data ends at byte ${end} of ${fileSize - dataBegin}; the file is cut short or its header lies`);
  }
  const bits = shape.reduce((product, size) => product * size, DTYPE_BITS[dtype]);
  if (!Number.isSafeInteger(bits)) fail(`its shape [${shape.join(', ')}] is too large`);
  if (bits !== 8 * (end - begin)) {
    fail(`${dtype} [${shape.join(', ')}] takes ${bits / 8} bytes, but its data_offsets span ${end - begin}`);
  }
  return { dtype, shape, begin: dataBegin + begin, end: dataBegin + end };
}

/** A value in a message. Lists can be nested deeper than they can be written again. */
function shown(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return 'nested without end';
  }
}

/** In order of their offsets, every tensor must begin where the one before it ends. */
function checkTiling(
  tensors: ReadonlyMap<string, TensorInfo>,
  dataBegin: number,
  fileSize: number,
  fail: Fail,
): void {
  let covered = dataBegin;
  const ordered = [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  for (const [name, { begin, end }] of ordered) {
    if (begin < covered) fail(`tensor '${name}' overlaps another one`);
    if (begin > covered) fail(`${begin - covered} bytes before tensor '${name}' belong to no tensor`);
    covered = end;
  }
  if (covered < fileSize) fail(`the last ${fileSize - covered} bytes of the file belong to no tensor`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isDtype(value: unknown): value is Dtype {
  return typeof value === 'string' && Object.hasOwn(DTYPE_BITS, value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}
