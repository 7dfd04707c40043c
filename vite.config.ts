import { readFileSync } from 'node:fs';
import path from 'node:path';
import { playwright } from '@vitest/browser-playwright';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';
import { browserLaunchOptions } from './scripts/browser.ts';
import { PROJECT, stampBuild } from './scripts/build.ts';
import { SITE_HEADERS } from './scripts/site.ts';
import { documentation } from './scripts/vite/docs/plugin.ts';
import { fileParts } from './scripts/vite/file-parts.ts';
import { pageTexts } from './scripts/vite/page-texts.ts';
import { webAssemblyText } from './scripts/vite/wat.ts';
import { finishedSite, SERVICE_WORKER_FILE } from './scripts/vite/finish-site.ts';

const PARTS_CACHE = path.join(PROJECT, '.cache', 'parts');

/** The licences of the product and of what is bundled have to travel with it. */
function shipLicences(): Plugin {
  return {
    name: 'emulsion:ship-licences',
    apply: 'build',
    generateBundle() {
      for (const fileName of ['LICENSE', 'NOTICE.md'])
        this.emitFile({ type: 'asset', fileName, source: readFileSync(fileName) });
    },
  };
}

export default defineConfig({
  base: './',
  plugins: [
    stampBuild(),
    shipLicences(),
    fileParts(PARTS_CACHE),
    webAssemblyText(),
    documentation(PROJECT),
    pageTexts(),
    finishedSite(),
  ],
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1024,
    // Compressing ONNX Runtime only to print its size takes longer than the build.
    reportCompressedSize: false,
    rolldownOptions: { checks: { bundlerTimings: false } },
  },
  worker: {
    format: 'es',
    plugins: () => [fileParts(PARTS_CACHE), webAssemblyText()],
    rolldownOptions: {
      checks: { bundlerTimings: false },
      output: {
        // The address of the service worker must not change with its content.
        entryFileNames: ({ name }) =>
          name === 'service-worker' ? SERVICE_WORKER_FILE : 'assets/[name]-[hash].js',
      },
    },
  },
  server: { headers: SITE_HEADERS },
  preview: { headers: SITE_HEADERS },
  // Found late, a dependency would make the page of a test load anew.
  optimizeDeps: { exclude: ['onnxruntime-web'], include: ['lit/directives/repeat.js'] },
  test: {
    tags: [{ name: 'slow', description: 'would make the whole run too long: npm run test:slow' }],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'scripts/**/*.test.ts'],
          exclude: ['**/*.browser.test.ts'],
          // A slow machine is no failure.
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: ['src/**/*.browser.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // Compiling shaders keeps a core busy, computing with them another.
          maxWorkers: 2,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions: browserLaunchOptions() }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
});
