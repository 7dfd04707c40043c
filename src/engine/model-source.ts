/**
 * @file What can be said of the place a model comes from without opening it: a name for it, whether it can be had again
 * without asking, and a key that tells one place from another.
 */
import { pickedPath, soleWeightFile } from '../weights/file-source.ts';
import { decodePathPart } from '../weights/path-part.ts';
import type { ModelReference } from './protocol.ts';

/** A name for a model from its address, folder or file. */
export function modelId(reference: ModelReference): string {
  switch (reference.kind) {
    case 'stored':
      return reference.id;
    case 'composed':
      return modelId(reference.base);
    case 'files': {
      return nameOf([filesName(reference.files)]);
    }
    case 'url': {
      const names = new URL(reference.url).pathname.split('/').filter(Boolean).map(decodePathPart);
      // Model hubs serve a repository's files at /OWNER/NAME/resolve/REVISION/.
      const repository = names[names.indexOf('resolve') - 1];
      const isFile = /\.safetensors$/i.test(names.at(-1) ?? '');
      return nameOf([repository !== undefined && !isFile ? repository : '', names.at(-1) ?? '']);
    }
  }
}

/** The reference as it may be kept; `undefined` when it leads to files that only the user can give again. */
export function lastingReference(reference: ModelReference): ModelReference | undefined {
  if (reference.kind === 'files') return undefined;
  if (reference.kind !== 'composed') return reference;
  return [reference.base, ...Object.values(reference.parts)].every(lastingReference) ? reference : undefined;
}

/** Equal for the same place, and for the same files given again. */
export function sourceKey(reference: ModelReference): string {
  return JSON.stringify(reference, (_, value: unknown) =>
    Array.isArray(value) && value.every((item) => item instanceof File)
      ? value.map((file) => [pickedPath(file), file.size, file.lastModified]).sort()
      : value,
  );
}

/** The place in words. */
export function sourceName(reference: ModelReference): string {
  switch (reference.kind) {
    case 'stored':
      return reference.id;
    case 'url':
      return reference.url;
    case 'files':
      return filesName(reference.files);
    case 'composed':
      return [reference.base, ...Object.values(reference.parts)].map(sourceName).join(' + ');
  }
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
