/**
 * @file A model folder picked from disk. Files are read in slices where they lie; nothing is copied. Paths are
 * relative to the folder that holds `model_index.json`: the picked one, or a single folder directly inside it.
 */
import { blobFile } from './blob-file.ts';
import type { ModelSource } from './source.ts';

/** The files of one picked folder (`<input webkitdirectory>`), or loose files without folders. */
export function fileSource(files: readonly File[]): ModelSource {
  // Without a picked folder there is only the name.
  const pickedPaths = files.map((file) => file.webkitRelativePath || file.name);
  const paths = pickedPaths.map((path) => path.slice(path.indexOf('/') + 1));
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

/** The one nested folder that is a model, with its slash; `''` when the picked folder itself is meant. */
function findRoot(paths: readonly string[]): string {
  const roots = paths.flatMap((path) => /^((?:[^/]+\/)?)model_index\.json$/.exec(path)?.[1] ?? []);
  return roots.length === 1 ? (roots[0] ?? '') : '';
}
