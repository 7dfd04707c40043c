/** @file Vite plugin that puts the documents into the site: built as files, served from the sources in development. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Plugin } from 'vite';
import { findDocuments } from './documents.ts';
import { renderPage } from './page.ts';

/** @param root the repository */
export function documentation(root: string): Plugin {
  const read = (file: string) => readFileSync(path.join(root, file));
  return {
    name: 'emulsion:documentation',
    generateBundle() {
      const documents = findDocuments(root);
      const pictures = new Set<string>();
      for (const document of documents) {
        const page = renderPage(document, read(document.source).toString(), documents);
        this.emitFile({ type: 'asset', fileName: document.page, source: page.html });
        page.pictures.forEach((picture) => pictures.add(picture));
      }
      for (const fileName of pictures) this.emitFile({ type: 'asset', fileName, source: read(fileName) });
    },
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const documents = findDocuments(root);
        const asked = decodeURI(new URL(request.url ?? '/', 'http://localhost').pathname).slice(1);
        const document = documents.find(({ page }) => page === asked.replace(/\/$/, '/index.html'));
        if (!document) {
          next();
          return;
        }
        const { html } = renderPage(document, read(document.source).toString(), documents);
        response.setHeader('Content-Type', 'text/html; charset=utf-8').end(html);
      });
    },
  };
}
