/** @file Addresses of pictures in memory, good for as long as the element that shows them is in the page. */
import type { ReactiveController, ReactiveControllerHost } from 'lit';

export class ObjectUrls implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  readonly #urls = new Map<object, string>();

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
    host.addController(this);
  }

  hostConnected(): void {
    // Moved within the page, it has no addresses any more.
    this.#host.requestUpdate();
  }

  hostDisconnected(): void {
    for (const url of this.#urls.values()) URL.revokeObjectURL(url);
    this.#urls.clear();
  }

  /** Lets go of the addresses of all others. */
  keepOnly(pictures: Iterable<object>): void {
    const kept = new Set(pictures);
    for (const [picture, url] of this.#urls) {
      if (kept.has(picture)) continue;
      URL.revokeObjectURL(url);
      this.#urls.delete(picture);
    }
  }

  /** The same address for the same object. */
  of(picture: Blob | Uint8Array<ArrayBuffer>): string {
    const known = this.#urls.get(picture);
    if (known !== undefined) return known;
    const blob = picture instanceof Blob ? picture : new Blob([picture], { type: 'image/png' });
    const url = URL.createObjectURL(blob);
    this.#urls.set(picture, url);
    return url;
  }
}
