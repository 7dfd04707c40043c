/**
 * @file The page's side of the service worker: starts it and tells how far it is. A new version is only announced;
 * it takes over, and the page reloads, when the user says so. Other open pages then learn that they are outdated.
 */
import { TAKE_OVER } from './take-over.ts';

/**
 * `unsupported`: this browser or address has no service worker, or the files could not be kept;
 * `installing`: the first version is being fetched; `ready`: the site opens without a network;
 * `update`: it does, and a newer version waits; `updating`: the newer version was told to take over. Chromium lets it do
 * so only when the old one has nothing to do, which takes half a minute or more while another tab fetches a model.
 */
export type OfflineState = 'unsupported' | 'installing' | 'ready' | 'update' | 'updating';

/** Fires `change` with every change of {@link OfflineSite.state}. */
export class OfflineSite extends EventTarget {
  #state: OfflineState = 'unsupported';
  #registration: ServiceWorkerRegistration | undefined;
  /** Another version runs now than the one this page came from. */
  #isOutdated = false;
  #isAccepted = false;
  readonly #reload: () => void;

  /** @param reload loads the page anew */
  constructor(reload: () => void) {
    super();
    this.#reload = reload;
  }

  get state(): OfflineState {
    return this.#state;
  }

  /**
   * Starts the service worker. A failure only means that the site is not kept.
   * @param container `navigator.serviceWorker`; absent where the page is not served securely
   * @param script address of the service worker
   */
  async start(container: ServiceWorkerContainer | undefined, script: string): Promise<void> {
    if (!container) return;
    let isControlled = container.controller !== null;
    container.addEventListener('controllerchange', () => {
      if (this.#isAccepted) this.#reload();
      // The first worker takes over the page that started it, which is its own version.
      this.#isOutdated ||= isControlled;
      isControlled = true;
      this.#update();
    });
    // Browsers that forbid service workers reject, or answer with nothing.
    const registration = await container.register(script).then(
      (value: ServiceWorkerRegistration | undefined) => value,
      () => undefined,
    );
    if (!registration) return;
    this.#registration = registration;
    this.#follow(registration.installing);
    registration.addEventListener('updatefound', () => this.#follow(registration.installing));
  }

  /** Lets the newest version take over and reloads the page; for state `update`. */
  acceptUpdate(): void {
    const waiting = this.#registration?.waiting;
    this.#isAccepted = true;
    if (waiting) waiting.postMessage(TAKE_OVER);
    else this.#reload();
    this.#update();
  }

  #follow(worker: ServiceWorker | null | undefined): void {
    worker?.addEventListener('statechange', () => this.#update());
    this.#update();
  }

  #update(): void {
    const state = this.#stateNow();
    if (state === this.#state) return;
    this.#state = state;
    this.dispatchEvent(new Event('change'));
  }

  #stateNow(): OfflineState {
    if (this.#isAccepted) return 'updating';
    const { active, waiting, installing } = this.#registration ?? {};
    if (this.#isOutdated || (active && waiting)) return 'update';
    if (active) return 'ready';
    return waiting || installing ? 'installing' : 'unsupported';
  }
}
