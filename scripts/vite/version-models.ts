/** @file Versions for the models that a site brings along. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { digest, listFiles } from './files.ts';

interface Catalog {
  readonly models: readonly { readonly url: string; readonly version?: string }[];
}

/**
 * Gives every model of the catalog whose folder lies beside it, and which has no version, one that changes with its
 * files: that is how pages which have stored the model notice that there is another edition of it.
 * @param file the catalog, changed in place; a site without one stays as it is
 */
export function versionModels(file: string): void {
  if (!existsSync(file)) return;
  const catalog = JSON.parse(readFileSync(file, 'utf8')) as Catalog;
  const models = catalog.models.map((model) => {
    const folder = path.join(path.dirname(file), model.url);
    return URL.canParse(model.url) || !existsSync(folder) ? model : { version: versionOf(folder), ...model };
  });
  writeFileSync(file, `${JSON.stringify({ ...catalog, models }, null, 2)}\n`);
}

function versionOf(folder: string): string {
  const lines = listFiles(folder).map((name) => `${name} ${digest(path.join(folder, name))}`);
  return createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 16);
}
