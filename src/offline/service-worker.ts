/**
 * @file The service worker: keeps the site itself, so that it opens without a network. Workbox fetches the files,
 * answers from them and drops those of older versions. Nothing else is answered, least of all what lies below
 * `models/`: weights are gigabytes and have a store of their own. A new version waits until the page says so.
 */
import { addPlugins, precacheAndRoute } from 'workbox-precaching';
import { hasJspi } from '../runtime/jspi.ts';
import { filesForBrowser, isolate, type ShellFile } from './shell.ts';
import { TAKE_OVER } from './take-over.ts';

/** The part of ServiceWorkerGlobalScope used here; the page's type library has none. */
interface ServiceWorkerScope {
  /** The build writes the list in this expression's place. */
  readonly EMULSION_SHELL: readonly ShellFile[];
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: 'activate', listener: (event: ActivateEvent) => void): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<unknown>) => void): void;
}

interface ActivateEvent {
  waitUntil(work: Promise<void>): void;
}

declare const self: ServiceWorkerScope;

precacheAndRoute(filesForBrowser(self.EMULSION_SHELL, hasJspi()), {
  // `?backend=` and the like are for the page to read; there is one page.
  ignoreURLParametersMatching: [/./],
});
addPlugins([
  { handlerWillRespond: ({ request, response }) => Promise.resolve(isolate(response, request.destination)) },
]);

self.addEventListener('message', ({ data }) => {
  if (data === TAKE_OVER) void self.skipWaiting();
});
// The first visit too has its files from here, those included that it has not loaded when the network goes.
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
