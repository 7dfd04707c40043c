/**
 * @file A short tour: a card beside each place that it speaks of, one after another. It lies over the page and takes neither
 * focus nor clicks from anything but what it covers, which is never the prompt or the button that paints. Loaded when it
 * is wanted.
 */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import { translate, type UiText } from '../../locale/index.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { LocaleController } from '../parts/locale-controller.ts';

const STEPS = [
  { place: 'prompt', text: 'tourWrite', block: 'nearest' },
  // With room for the card below it.
  { place: 'generate', text: 'tourGenerate', block: 'center' },
  { place: 'picture', text: 'tourDevice', block: 'nearest' },
  { place: 'gallery', text: 'tourGallery', block: 'nearest' },
] as const satisfies readonly {
  readonly place: string;
  readonly text: UiText;
  readonly block: ScrollLogicalPosition;
}[];

/** The places of the page that are spoken of. */
export type Landmarks = Readonly<Record<(typeof STEPS)[number]['place'], HTMLElement>>;

/** @fires end-tour - the user has seen enough */
@customElement('emulsion-tour')
export class EmulsionTour extends LitElement {
  static override styles = [
    controlStyles,
    css`
      /* Where the browser places nothing beside another thing, it lies over the empty stage. */
      [popover] {
        inset: 4.5rem auto auto 1rem;
        width: min(20rem, calc(100vw - 2rem));
        margin: 0;
        padding: var(--space-3) var(--space-4);
        border: 1px solid var(--accent);
        border-radius: var(--radius);
        background: var(--surface);
        color: var(--text);
        box-shadow: var(--shadow);
      }

      @supports (position-area: top) {
        [popover] {
          inset: auto;
          margin: var(--space-2);
        }

        [data-place='prompt'],
        [data-place='gallery'] {
          position-area: top;
        }

        [data-place='generate'],
        [data-place='picture'] {
          position-area: bottom;
        }

        /* The prompt and the button are next to each other: from those it rather scrolls away. */
        [data-place='picture'],
        [data-place='gallery'] {
          position-try-fallbacks: flip-block;
        }

        /* As page-layout.ts lays out the page: in one column the prompt is below the picture, so it lies over that. */
        @media (width < 56rem) {
          [data-place='picture'] {
            position-area: span-top;
          }
        }

        @media (min-width: 56rem) {
          [data-place='prompt'],
          [data-place='generate'] {
            position-area: left span-bottom;
          }
        }
      }

      .text {
        min-height: 3em;
      }

      .foot {
        display: flex;
        align-items: center;
        gap: var(--space-2);
        margin-top: var(--space-2);
      }

      .foot .hint {
        margin-inline-end: auto;
        font-variant-numeric: tabular-nums;
      }

      .foot button {
        min-height: 2rem;
        font-size: var(--text-small);
      }

      .skip {
        border: 0;
        color: var(--text-muted);
      }
    `,
  ];

  /** Counted from 0; `undefined` until it is shown, so that the first text is announced as well. */
  @state() private step: number | undefined;
  @query('[popover]') private readonly card!: HTMLElement;
  @query('.forth') private readonly forth!: HTMLButtonElement;
  private landmarks: (() => Landmarks) | undefined;

  constructor() {
    super();
    new LocaleController(this);
  }

  /** Shows it from its beginning. @param landmarks asked for at each step, because the page may be laid out anew */
  async begin(landmarks: () => Landmarks): Promise<void> {
    this.landmarks = landmarks;
    await this.updateComplete;
    this.go(0);
  }

  get isOpen(): boolean {
    return this.step !== undefined;
  }

  /** Takes it away; who was in it by the keyboard goes on to write. */
  end(): void {
    const isByKey = this.card.matches(':has(:focus-visible)');
    this.card.hidePopover();
    this.step = undefined;
    if (isByKey) this.landmarks?.().prompt.querySelector('textarea')?.focus();
  }

  protected override render(): TemplateResult {
    const isLast = this.step === STEPS.length - 1;
    const { place, text } = STEPS[this.step ?? 0] ?? STEPS[0];
    return html`
      <div popover="manual" role="region" aria-label=${translate('tour')} data-place=${place}>
        <p class="text" role="status">${this.step === undefined ? nothing : translate(text)}</p>
        <div class="foot">
          <span class="hint">${translate('tourAt', (this.step ?? 0) + 1, STEPS.length)}</span>
          ${
            isLast
              ? nothing
              : html`<button type="button" class="skip" @click=${this.onEnd}>
                  ${translate('tourSkip')}
                </button>`
          }
          <button type="button" class="forth" @click=${isLast ? this.onEnd : this.onNext}>
            ${translate(isLast ? 'tourEnd' : 'tourNext')}
          </button>
        </div>
      </div>
    `;
  }

  /** A popover keeps its place beside what it was shown for, so it is shown anew. */
  private go(step: number): void {
    const { place, block } = STEPS[step] ?? STEPS[0];
    const source = this.landmarks?.()[place];
    if (!source) return;
    const hadFocus = this.card.matches(':focus-within');
    this.card.hidePopover();
    this.card.showPopover({ source });
    this.step = step;
    // What comes by itself neither scrolls the page nor takes the focus.
    if (step > 0) source.scrollIntoView({ block });
    if (hadFocus) this.forth.focus({ preventScroll: true });
  }

  private readonly onNext = (): void => this.go((this.step ?? 0) + 1);

  private readonly onEnd = (): void => {
    this.dispatchEvent(new Event('end-tour'));
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-tour': EmulsionTour;
  }
}
