/**
 * @file From what a user points at to the checkpoint behind it: a folder or a file, on the web or on disk, or a base
 * with parts from other places. A folder composes itself when its `emulsion.json` names `components`.
 */
import { AppError } from '../error.ts';
import { clipTokenizerFiles } from '../tokens/clip-vocabulary.ts';
import mergesAddress from '../tokens/clip-vocabulary/merges.txt?url';
import type { Checkpoint } from '../weights/checkpoint.ts';
import { composedCheckpoint, type CheckpointPart } from '../weights/composed-checkpoint.ts';
import { fileSource, soleWeightFile } from '../weights/file-source.ts';
import { splitFileAddress } from '../weights/path-part.ts';
import { folderCheckpoint } from '../weights/folder-checkpoint.ts';
import { httpSource, type HttpOptions } from '../weights/http-source.ts';
import {
  singleFileCheckpoint,
  singleFileComponent,
  type TokenizerMaker,
} from '../weights/single-file/single-file.ts';
import { storedCheckpoint } from '../store/stored-checkpoint.ts';
import type { ModelSource } from '../weights/source.ts';
import { asComponent, subfolder } from '../weights/subfolder.ts';
import { MANIFEST_FILE } from './manifest.ts';
import { addressesOf, COMPONENT_NAMES, modelId } from './model-source.ts';
import type { ModelReference } from './protocol/model.ts';

/** Files at a place: a folder's, or one weight file with what lies beside it. */
interface Place {
  readonly source: ModelSource;
  /** Absent: the folder is meant. */
  readonly file?: string;
}

const WEIGHT_FILE = /\.safetensors$/i;

/**
 * Opens a model's files, reading no more than headers and configs. Throws `model/…`, `weights/…` and `store/…` errors.
 * @param http how files on the web are read
 */
export async function openCheckpoint(
  reference: ModelReference,
  signal?: AbortSignal,
  http?: HttpOptions,
): Promise<Checkpoint> {
  switch (reference.kind) {
    case 'stored':
      return storedCheckpoint(reference.id);
    case 'composed': {
      const parts = new Map<string, CheckpointPart>();
      for (const [component, part] of Object.entries(reference.parts)) {
        parts.set(component, await openPart(part, component, signal, http));
      }
      const base = await openCheckpoint(reference.base, signal, http);
      return underOwnName(await composedCheckpoint(base, parts, signal), modelId(reference));
    }
    default:
      return openPlace(placeOf(reference, http), signal, http);
  }
}

/** A composition by its own name: it is not the model that the base's manifest names. */
function underOwnName(checkpoint: Checkpoint, id: string): Checkpoint {
  return {
    ...checkpoint,
    id,
    async text(path, signal) {
      const text = await checkpoint.text(path, signal);
      return path === MANIFEST_FILE && text !== undefined ? withoutName(text) : text;
    },
  };
}

/** A manifest that names no model. What is wrong with it, its reader says. */
function withoutName(manifest: string): string {
  try {
    const fields: unknown = JSON.parse(manifest);
    const isObject = typeof fields === 'object' && fields !== null && !Array.isArray(fields);
    return isObject ? JSON.stringify({ ...fields, name: undefined }) : manifest;
  } catch {
    return manifest;
  }
}

function placeOf(
  reference: Extract<ModelReference, { kind: 'url' | 'files' }>,
  http: HttpOptions | undefined,
): Place {
  if (reference.kind === 'files') {
    const file = soleWeightFile(reference.files);
    return { source: fileSource(reference.files), ...(file === undefined ? {} : { file }) };
  }
  if (!WEIGHT_FILE.test(new URL(reference.url).pathname)) return { source: httpSource(reference.url, http) };
  const { folder, file } = splitFileAddress(reference.url);
  return { source: httpSource(folder, http), file };
}

/**
 * Every address that a model's files come from, those that its manifest names among them; none of a stored model. Reads
 * manifests, and of a single file the header. Throws `model/…` and `weights/…` errors.
 * @param replaced components that come from elsewhere
 */
export async function modelAddresses(
  reference: ModelReference,
  replaced: readonly string[] = [],
): Promise<string[]> {
  if (reference.kind === 'stored') return [];
  if (reference.kind === 'composed') {
    const addresses = await modelAddresses(reference.base, Object.keys(reference.parts));
    // Of a part nothing but the component is taken, so that its manifest has no say.
    for (const part of Object.values(reference.parts))
      addresses.push(...(part.kind === 'composed' ? await modelAddresses(part) : addressesOf(part)));
    return addresses;
  }
  const { named } = await openBase(placeOf(reference, { beginningsOnly: true }), undefined);
  const taken = named.filter(([component]) => !replaced.includes(component));
  return [...addressesOf(reference), ...taken.map(([, address]) => address).filter(isAddress)];
}

/** What is at a place, and where its manifest has components of it. */
async function openBase(
  { source, file }: Place,
  signal: AbortSignal | undefined,
): Promise<{ base: Checkpoint; named: [component: string, address: string][] }> {
  const base =
    file === undefined
      ? folderCheckpoint(source)
      : await singleFileCheckpoint({ source, path: file }, makeTokenizer, signal);
  return { base, named: namedComponents(await base.text(MANIFEST_FILE, signal)) };
}

async function openPlace(
  place: Place,
  signal: AbortSignal | undefined,
  http: HttpOptions | undefined,
): Promise<Checkpoint> {
  const { source } = place;
  const { base, named } = await openBase(place, signal);
  const parts = new Map<string, CheckpointPart>();
  for (const [component, address] of named) {
    const part = isAddress(address)
      ? placeOf({ kind: 'url', url: address }, http)
      : WEIGHT_FILE.test(address)
        ? { source, file: address }
        : { source: subfolder(source, address) };
    parts.set(component, await openPartPlace(part, component, signal));
  }
  return parts.size === 0 ? base : composedCheckpoint(base, parts, signal);
}

/** Whether a manifest names a place on the web, not one beside itself. */
const isAddress = (text: string): boolean => URL.canParse(text);

/** `components` of a manifest: addresses, or paths inside the model's folder, by component. */
function namedComponents(text: string | undefined): [component: string, address: string][] {
  if (text === undefined) return [];
  const fail = (reason: string) => new AppError('model/config-invalid', { file: MANIFEST_FILE, reason });
  let components: unknown;
  try {
    components = (JSON.parse(text) as { components?: unknown } | null)?.components ?? {};
  } catch (error) {
    throw fail(`it is not valid JSON (${String(error)})`);
  }
  return Object.entries(components as object).map(([component, address]: [string, unknown]) => {
    if (!COMPONENT_NAMES.some((name) => name === component))
      throw fail(`there is no component "${component}"`);
    if (typeof address !== 'string') throw fail(`the component "${component}" has no address or path`);
    return [component, address];
  });
}

async function openPart(
  reference: ModelReference,
  component: string,
  signal: AbortSignal | undefined,
  http: HttpOptions | undefined,
): Promise<CheckpointPart> {
  return reference.kind === 'stored' || reference.kind === 'composed'
    ? { checkpoint: await openCheckpoint(reference, signal, http), isBare: false }
    : openPartPlace(placeOf(reference, http), component, signal);
}

/** One component of what is there: a model's, or the one that the folder or file is. */
async function openPartPlace(
  { source, file }: Place,
  component: string,
  signal: AbortSignal | undefined,
): Promise<CheckpointPart> {
  if (file !== undefined) {
    return {
      checkpoint: await singleFileComponent({ source, path: file }, component, signal),
      isBare: true,
    };
  }
  const isModel = (await source.open('model_index.json', signal)) !== undefined;
  return { checkpoint: folderCheckpoint(isModel ? source : asComponent(source, component)), isBare: false };
}

let mergeList: Promise<string> | undefined;

const makeTokenizer: TokenizerMaker = async (wanted) => {
  mergeList ??= fetchText(new URL(mergesAddress, import.meta.url));
  // A failure must not be remembered.
  mergeList.catch(() => (mergeList = undefined));
  return clipTokenizerFiles(await mergeList, wanted);
};

async function fetchText(url: URL): Promise<string> {
  const file = url.href;
  const response = await fetch(url).catch((error: unknown) => {
    throw new AppError('weights/unreachable', { file, reason: String(error) }, error);
  });
  if (!response.ok) throw new AppError('weights/not-found', { file, status: response.status });
  return response.text();
}
