/** @file The end-to-end tests: the built site and the command line, in a real Chromium. */
import { defineConfig } from '@playwright/test';
import { browserLaunchOptions } from '../scripts/browser.ts';

export default defineConfig({
  testMatch: '*.spec.ts',
  outputDir: '../test-results',
  globalSetup: './site.ts',
  reporter: 'list',
  // Much of a test's time goes to starting programs, to compiling and to waiting for hosts: two at a time fill the cores.
  // A test that bounds the time of an answer has the lock `-exclusive-`, and runs alone.
  workers: 2,
  fullyParallel: true,
  timeout: 600_000,
  expect: { timeout: 30_000 },
  forbidOnly: true,
  // What would make the whole run too long has a command of its own, `npm run test:slow`.
  projects: [
    { name: 'usual', grepInvert: /@slow/ },
    { name: 'slow', grep: /@slow/ },
  ],
  use: {
    launchOptions: browserLaunchOptions(),
    // Every test is a first visit; the tests of later visits open browsers of their own.
    serviceWorkers: 'block',
    locale: 'en-US',
    viewport: { width: 1280, height: 900 },
    // A trace takes pictures of the page at every action, which nearly doubles the time of tests that act much.
    trace: process.env['EMULSION_TRACE'] ? 'retain-on-failure' : 'off',
    screenshot: 'only-on-failure',
  },
});
