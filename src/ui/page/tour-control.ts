/** @file The tour of a first visit, whose code comes when it is wanted. */
import { toPlainError, type PlainError } from '../../error.ts';
import { readPreference, writePreference } from '../parts/preferences.ts';
import type { EmulsionTour, Landmarks } from './tour.ts';

const TOUR_PREFERENCE = 'tour';

interface TourParts {
  /** Where the tour is. */
  readonly root: () => ParentNode;
  /** What it points at. */
  readonly landmarks: () => Landmarks;
  readonly onFailure: (failure: PlainError, retry: () => void) => void;
}

export class TourControl {
  readonly #parts: TourParts;
  /** Who follows a link has come for what it says. */
  #isKnown = readPreference(TOUR_PREFERENCE) !== null || location.hash !== '';

  constructor(parts: TourParts) {
    this.#parts = parts;
  }

  /** Shows it to whoever has not been here before. */
  async offer(): Promise<void> {
    if (!this.#isNew()) return;
    // Nobody has asked for it, so nobody misses it.
    await import('./tour.ts').catch(() => undefined);
    // A picture may have been ordered meanwhile.
    if (this.#isNew()) this.#begin();
  }

  /** Takes it away, where it is shown. */
  dismiss(): void {
    if (this.#tour.isOpen) this.end();
  }

  /** It does not come by itself again. */
  end(): void {
    this.#isKnown = true;
    writePreference(TOUR_PREFERENCE, 'known');
    this.#tour.end?.();
  }

  /** Shows it to whoever asks for it. */
  async show(): Promise<void> {
    try {
      await import('./tour.ts');
      this.#parts.landmarks().prompt.scrollIntoView({ block: 'nearest' });
      this.#begin();
    } catch (error) {
      this.#parts.onFailure(toPlainError(error), () => void this.show());
    }
  }

  #isNew(): boolean {
    return !this.#isKnown;
  }

  #begin(): void {
    void this.#tour.begin?.(this.#parts.landmarks);
  }

  get #tour(): Partial<EmulsionTour> {
    return this.#parts.root().querySelector('emulsion-tour') ?? {};
  }
}
