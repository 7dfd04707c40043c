/**
 * @file What can be said of the place a model comes from without opening it: a name for it, whether it can be had again
 * without asking, and a key that tells one place from another.
 */
import { pickedPath, soleWeightFile } from '../weights/file-source.ts';
import { decodePathPart } from '../weights/path-part.ts';
import type { ComponentName, ModelReference } from './protocol/model.ts';

type Composition = Extract<ModelReference, { kind: 'composed' }>;

/** The parts of a model that may come from elsewhere than the rest, in the order they are named in. */
export const COMPONENT_NAMES: readonly ComponentName[] = [
  'unet',
  'vae',
  'tiny_vae',
  'text_encoder',
  'text_encoder_2',
];

const USUAL_FILE = /^(diffusion_pytorch_model|model)(\.\w+)?\.safetensors$/i;

/** A name for a model from its address, folder or file; a composition's tells what it has from elsewhere. */
export function modelId(reference: ModelReference): string {
  switch (reference.kind) {
    case 'stored':
      return reference.id;
    case 'composed':
      return [
        modelId(reference.base),
        ...partsOf(reference).map(([component, part]) => `${component}=${modelId(part)}`),
      ].join('+');
    case 'files':
      return nameOf([filesName(reference.files)]);
    case 'url': {
      const names = new URL(reference.url).pathname.split('/').filter(Boolean).map(decodePathPart);
      // Every model's components have files of these names.
      if (USUAL_FILE.test(names.at(-1) ?? '')) names.pop();
      // Model hubs serve a repository's files at /OWNER/NAME/resolve/REVISION/.
      const repository = names[names.indexOf('resolve') - 1];
      const isFile = /\.safetensors$/i.test(names.at(-1) ?? '');
      return nameOf([repository !== undefined && !isFile ? repository : '', names.at(-1) ?? '']);
    }
  }
}

/**
 * The reference as it may be kept: without files, which only the user can give again. A composition on a base of files
 * keeps its parts, see {@link withFiles}; `undefined` when nothing is left.
 */
export function lastingReference(reference: ModelReference): ModelReference | undefined {
  if (reference.kind === 'files') return undefined;
  if (reference.kind !== 'composed') return reference;
  const base = lastingReference(reference.base) ?? { kind: 'files', files: [] };
  return Object.values(reference.parts).every((part) => isWhole(lastingReference(part)))
    ? { ...reference, base }
    : undefined;
}

/** Whether a kept reference leads to everything, without files that the user would have to give again. */
export function isWhole(reference: ModelReference | undefined): reference is ModelReference {
  if (reference?.kind === 'composed') return isWhole(reference.base);
  return reference !== undefined && (reference.kind !== 'files' || reference.files.length > 0);
}

/** A kept reference with the files that it lacks. */
export function withFiles(reference: ModelReference | undefined, files: readonly File[]): ModelReference {
  return reference?.kind === 'composed'
    ? { ...reference, base: withFiles(reference.base, files) }
    : { kind: 'files', files };
}

/** Every address that a model's files come from. */
export function addressesOf(reference: ModelReference): string[] {
  if (reference.kind === 'url') return [reference.url];
  if (reference.kind !== 'composed') return [];
  return [reference.base, ...Object.values(reference.parts)].flatMap(addressesOf);
}

/** Equal for the same place, and for the same files given again. */
export function sourceKey(reference: ModelReference): string {
  return JSON.stringify(reference, (_, value: unknown) => {
    if (Array.isArray(value) && value.every((item) => item instanceof File))
      return value.map((file) => [pickedPath(file), file.size, file.lastModified]).sort();
    return isComposition(value) ? { ...value, parts: Object.fromEntries(partsOf(value)) } : value;
  });
}

/**
 * The place in words.
 * @param addressName an address in words; absent: as it is
 */
export function sourceName(reference: ModelReference, addressName = (url: string) => url): string {
  switch (reference.kind) {
    case 'stored':
      return reference.id;
    case 'url':
      return addressName(reference.url);
    case 'files':
      return filesName(reference.files);
    case 'composed':
      return [
        sourceName(reference.base, addressName),
        ...partsOf(reference).map(([component, part]) => `${component}: ${sourceName(part, addressName)}`),
      ].join(' + ');
  }
}

/** What a composition has from elsewhere, in the same order however it was put together. */
function partsOf({ parts }: Composition): [component: ComponentName, part: ModelReference][] {
  return COMPONENT_NAMES.flatMap((component) => {
    const part = parts[component];
    return part === undefined ? [] : [[component, part]];
  });
}

function isComposition(value: unknown): value is Composition {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'composed';
}

/** The name of the folder that was picked or dropped, or of the one weight file. */
function filesName(files: readonly File[]): string {
  const paths = files.map(pickedPath);
  const folder = paths.find((path) => path.includes('/'))?.split('/', 1)[0];
  return folder ?? soleWeightFile(files) ?? paths[0] ?? '';
}

/** The first of some names that is not empty, without a file's ending. */
function nameOf(candidates: readonly string[]): string {
  return candidates.find(Boolean)?.replace(/\.safetensors$/i, '') || 'model';
}
