/**
 * @file What the page has to say outside of what is being painted: the last failure with what repeats it, and what was taken
 * over from where. It stays until the user has read it or goes on, whatever is painted meanwhile.
 */
import type { ReactiveControllerHost } from 'lit';
import type { PlainError } from '../../error.ts';
import type { ShownNotice } from './page-notice.ts';

export class PageMessages {
  failure: PlainError | undefined;
  notices: readonly ShownNotice[] = [];

  readonly #host: ReactiveControllerHost;
  #retry: () => void = () => undefined;

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
  }

  /** Shows a failure. @param retry what "Try again" does */
  fail(failure: PlainError, retry: () => void = () => undefined): void {
    this.failure = failure;
    this.#retry = retry;
    this.#host.requestUpdate();
  }

  /** Does once more what failed. */
  retry(): void {
    this.#retry();
  }

  /** Shows other notices, which are of something that went well. */
  note(notices: readonly ShownNotice[]): void {
    this.notices = notices;
    this.forgive();
  }

  /** Puts a notice in the place of another, where that is still shown. */
  replace(notice: ShownNotice, by: ShownNotice): void {
    this.notices = this.notices.map((other) => (other === notice ? by : other));
    this.#host.requestUpdate();
  }

  /** Takes a notice away. */
  dismiss(notice: ShownNotice): void {
    this.notices = this.notices.filter((other) => other !== notice);
    this.#host.requestUpdate();
  }

  /** Takes the failure away. */
  forgive(): void {
    this.failure = undefined;
    this.#host.requestUpdate();
  }

  /** Takes everything away: the user goes on. */
  clear(): void {
    this.notices = [];
    this.forgive();
  }
}
