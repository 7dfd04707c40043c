/** @file How far the adding or checking of a model is: a bar, amounts, speed and the time left. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { translate } from '../../locale/index.ts';
import { byteSize } from '../parts/byte-size.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { timeLeft } from '../parts/duration.ts';
import { LocaleController } from '../parts/locale-controller.ts';

@customElement('emulsion-transfer-progress')
export class EmulsionTransferProgress extends LitElement {
  static override styles = [
    controlStyles,
    css`
      :host {
        display: block;
      }

      progress {
        display: block;
        width: 100%;
        height: 0.375rem;
        border: 0;
        border-radius: 1rem;
        overflow: hidden;
        accent-color: var(--accent);
        background: var(--line);
      }

      progress::-webkit-progress-bar {
        background: var(--line);
      }

      progress::-webkit-progress-value {
        background: var(--accent);
      }

      progress::-moz-progress-bar {
        background: var(--accent);
      }

      progress.still::-webkit-progress-value {
        background: var(--line-strong);
      }

      progress.still::-moz-progress-bar {
        background: var(--line-strong);
      }

      p {
        display: flex;
        flex-wrap: wrap;
        gap: 0 var(--space-2);
        margin-top: var(--space-1);
        font-variant-numeric: tabular-nums;
      }
    `,
  ];

  /** What is being done, or that it rests. */
  @property() label = '';
  @property({ type: Number }) doneBytes = 0;
  /** 0 while it is not known. */
  @property({ type: Number }) totalBytes = 0;
  @property({ attribute: false }) bytesPerSecond: number | undefined;
  @property({ attribute: false }) secondsLeft: number | undefined;
  /** Whether nothing moves just now. */
  @property({ type: Boolean }) still = false;

  constructor() {
    super();
    new LocaleController(this);
  }

  protected override render(): TemplateResult {
    const parts = this.parts;
    return html`
      ${
        this.totalBytes > 0
          ? html`<progress
              class=${this.still ? 'still' : ''}
              max=${this.totalBytes}
              .value=${Math.min(this.doneBytes, this.totalBytes)}
              aria-label=${translate('phrases', parts)}
            ></progress>`
          : html`<progress aria-label=${this.label}></progress>`
      }
      <p class="hint" aria-hidden="true">${parts.map((part) => html`<span>${part}</span>`)}</p>
    `;
  }

  private get parts(): string[] {
    const { label, doneBytes, totalBytes, bytesPerSecond, secondsLeft, still } = this;
    return [
      label,
      ...(totalBytes > 0 ? [translate('amountDone', byteSize(doneBytes), byteSize(totalBytes))] : []),
      ...(bytesPerSecond === undefined || still ? [] : [translate('speed', byteSize(bytesPerSecond))]),
      ...(secondsLeft === undefined || still ? [] : [timeLeft(secondsLeft)]),
    ];
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-transfer-progress': EmulsionTransferProgress;
  }
}
