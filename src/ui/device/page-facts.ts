/** @file What the page sees of the browser and the engine's worker cannot. */
import type { PageFacts } from '../../engine/device-report.ts';

/** Looked up each time; it costs nothing. */
export function pageFacts(): PageFacts {
  return { serviceWorker: 'serviceWorker' in navigator };
}
