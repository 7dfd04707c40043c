/** @file The engine's dedicated worker: everything that computes runs here, so the page stays responsive. */
import { createEngine } from './engine.ts';
import { serveEngine, type CommandPort } from './serve.ts';

// The page's type library has no dedicated worker scope; it is a message port in all that matters here.
serveEngine(createEngine(), globalThis as unknown as CommandPort);
