/**
 * @file A model folder picked from disk. Files are read in slices where they lie; nothing is copied. Paths are
 * relative to the folder that holds `model_index.json`: the picked one, or a single folder directly inside it.
 */
import { blobFile } from './blob-file.ts';
import type { ModelSource } from './source.ts';

/** The files of one picked folder (`<input webkitdirectory>`), or loose files without folders. */
export function fileSource(files: readonly File[]): ModelSource {
  const pickedPaths = files.map(pickedPath);
  const paths = pickedPaths.map(withoutFolder);
  const root = findRoot(paths);
  const byPath = new Map(files.map((file, i) => [paths[i], file]));
  return {
    label: root.slice(0, -1) || (pickedPaths[0]?.split('/')[0] ?? ''),
    open(path) {
      const file = byPath.get(root + path);
      return Promise.resolve(file && blobFile(path, file));
    },
  };
}

/** The path of the one weight file among files that are neither a model's folder nor a component's. */
export function soleWeightFile(files: readonly File[]): string | undefined {
  const paths = files.map(pickedPath).map(withoutFolder);
  if (paths.some((path) => /(^|\/)(model_index|config)\.json$/.test(path))) return undefined;
  const [file, ...others] = paths.filter((path) => /\.safetensors$/i.test(path));
  return others.length === 0 ? file : undefined;
}

/** The path of a picked file, its folder's name first; without a picked folder there is only the name. */
export function pickedPath(file: File): string {
  return file.webkitRelativePath || file.name;
}

function withoutFolder(path: string): string {
  return path.slice(path.indexOf('/') + 1);
}

/** The one nested folder that is a model, with its slash; `''` when the picked folder itself is meant. */
function findRoot(paths: readonly string[]): string {
  const roots = paths.flatMap((path) => /^((?:[^/]+\/)?)model_index\.json$/.exec(path)?.[1] ?? []);
  return roots.length === 1 ? (roots[0] ?? '') : '';
}
