/**
 * @file `import parts from '…?parts'`: the addresses of a file in pieces no host refuses. Most files are one piece,
 * the file itself. The pieces of larger ones are written to the project's cache and bundled from there.
 */
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Plugin } from 'vite';
import { MAX_FILE_BYTES } from './host-limit.ts';

const QUERY = '?parts';

/** Vite plugin for `?parts`; wanted by the page's bundle and by the worker's. */
export function fileParts(cache: string): Plugin {
  const cut = new Set<string>();
  return {
    name: 'emulsion:file-parts',
    enforce: 'pre',
    async resolveId(source, importer) {
      if (!source.endsWith(QUERY)) return null;
      const file = await this.resolve(`${source.slice(0, -QUERY.length)}?url`, importer, { skipSelf: true });
      return file && file.id.replace(/\?url$/, QUERY);
    },
    load(id) {
      if (!id.endsWith(QUERY)) return null;
      const file = id.slice(0, -QUERY.length);
      const pieces = cutFile(file, cache);
      if (pieces.length > 1) cut.add(path.basename(file));
      const imports = pieces.map((piece, i) => `import part${i} from ${JSON.stringify(`${piece}?url`)};`);
      return `${imports.join('\n')}\nexport default [${pieces.map((_, i) => `part${i}`).join(', ')}];`;
    },
    generateBundle(_, bundle) {
      // A library's own reference brings the whole file along; the parts stand in for it.
      for (const [fileName, output] of Object.entries(bundle)) {
        if (output.type === 'asset' && output.names.some((name) => cut.has(name)))
          Reflect.deleteProperty(bundle, fileName);
      }
    },
  };
}

/**
 * Cuts a file that is too large into parts of even size.
 * @param cache folder for the parts
 * @returns the parts' paths in order; the file's own when it is small enough
 */
export function cutFile(file: string, cache: string, maxBytes = MAX_FILE_BYTES): string[] {
  const { size } = statSync(file);
  if (size <= maxBytes) return [file];
  mkdirSync(cache, { recursive: true });
  const bytes = readFileSync(file);
  const count = Math.ceil(size / maxBytes);
  const partBytes = Math.ceil(size / count);
  const { name, ext } = path.parse(file);
  return Array.from({ length: count }, (_, i) => {
    const part = path.join(cache, `${name}.${i + 1}-of-${count}${ext}`);
    // Another build or server may be reading the part as it was.
    const draft = `${part}.${process.pid}`;
    writeFileSync(draft, bytes.subarray(i * partBytes, (i + 1) * partBytes));
    renameSync(draft, part);
    return part;
  });
}
