/** @file `import code from './kernel.wat'`: WebAssembly text, assembled, as a `Uint8Array`. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Plugin } from 'vite';
import startWabt from 'wabt';

/** Vite plugin for `.wat`; wanted by the page's bundle and by the worker's. */
export function webAssemblyText(): Plugin {
  return {
    name: 'emulsion:wat',
    async load(id) {
      if (!id.endsWith('.wat')) return null;
      this.addWatchFile(id);
      const bytes = await assemble(path.basename(id), readFileSync(id, 'utf8'));
      return `export default Uint8Array.of(${bytes.join()});`;
    },
  };
}

/** The binary module. @throws Error that says what is wrong, and where */
async function assemble(name: string, text: string): Promise<Uint8Array> {
  const wabt = await startWabt();
  const module = wabt.parseWat(name, text, { simd: true });
  try {
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}
