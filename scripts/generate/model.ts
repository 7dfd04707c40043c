/**
 * @file What `--model` means: an address, a folder on disk, or the name of a model in the catalog. A folder of
 * that name wins over the catalog, because the user can see it.
 */
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '../../src/error.ts';
import type { ModelOrder } from './drive.ts';
import { ORIGIN } from './headless.ts';

const INDEX_FILE = 'model_index.json';

export interface ResolvedModel {
  readonly order: ModelOrder;
  /** What the site has to serve for it: folders by address prefix. */
  readonly folders: Readonly<Record<string, string>>;
}

/**
 * @param model as typed; absent for the embedded model
 * @param cwd where a relative folder starts
 * @throws AppError `model/unknown` for a path that is no folder, `model/config-missing` for one that holds no model
 */
export function resolveModel(model: string | undefined, cwd: string): ResolvedModel {
  if (model === undefined) return { order: { kind: 'default' }, folders: {} };
  if (/^https?:\/\//i.test(model)) {
    return { order: { kind: 'url', url: model.endsWith('/') ? model : `${model}/` }, folders: {} };
  }
  const folder = path.resolve(cwd, model);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) {
    if (!existsSync(path.join(folder, INDEX_FILE))) {
      throw new AppError('model/config-missing', { file: INDEX_FILE });
    }
    const name = path.basename(folder) || 'model';
    const url = `${ORIGIN}/local-model/${encodeURIComponent(name)}/`;
    return { order: { kind: 'url', url }, folders: { [`/local-model/${name}/`]: folder } };
  }
  if (/[/\\]|^\./.test(model)) throw new AppError('model/unknown', { model });
  return { order: { kind: 'catalog', id: model }, folders: {} };
}
