/** @file A source seen from one of its folders, or from the folder it is itself. */
import type { ModelSource } from './source.ts';

/** The files below a folder of a source. */
export function subfolder(source: ModelSource, folder: string): ModelSource {
  const prefix = folder.replace(/\/*$/, '/');
  return {
    ...source,
    label: `${source.label.replace(/\/+$/, '')}/${prefix}`,
    open: (path, signal) => source.open(prefix + path, signal),
  };
}

/** A source that is the folder of one component, as a model that has nothing but this component. */
export function asComponent(source: ModelSource, component: string): ModelSource {
  const prefix = `${component}/`;
  return {
    ...source,
    open: (path, signal) =>
      path.startsWith(prefix) ? source.open(path.slice(prefix.length), signal) : Promise.resolve(undefined),
  };
}
