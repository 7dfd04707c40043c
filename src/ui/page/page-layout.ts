/**
 * @file How the page is laid out: one column on a phone; on a desktop the picture beside the form. What belongs around the
 * picture has another place before there is one to see. Slots alone move it, so that it stays in the page: neither the focus nor
 * what it knows is lost.
 */
import { css, html, LitElement, nothing, unsafeCSS, type TemplateResult } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import { translate } from '../../locale/index.ts';
import { LocaleController } from '../parts/locale-controller.ts';
import { MediaQuery } from '../parts/media-query.ts';

/** Where the form has its place beside the picture. */
export const WIDE = '(min-width: 56rem)';

/**
 * @slot picture
 * @slot around - what belongs to the picture and to the page as a whole: below the picture, or after the form
 * @slot - the form, and what belongs to that
 */
@customElement('emulsion-page-layout')
export class EmulsionPageLayout extends LitElement {
  static override styles = css`
    :host {
      display: block;
    }

    main {
      display: grid;
      gap: var(--space-6);
    }

    .stage,
    .panel {
      display: grid;
      align-content: start;
      gap: var(--space-4);
      min-width: 0;
    }

    .panel {
      grid-template-columns: minmax(0, 1fr);
    }

    /* For the card of the tour, which lies over the empty stage there. */
    @media not ${unsafeCSS(WIDE)} {
      ::slotted([slot='picture']) {
        scroll-margin-top: 12rem;
      }
    }

    @media ${unsafeCSS(WIDE)} {
      main {
        grid-template-columns: minmax(0, 1fr) 23rem;
        gap: var(--space-8);
      }

      .stage {
        position: sticky;
        top: var(--space-4);
        align-self: start;
      }
    }
  `;

  /** Whether there is neither a picture nor one on its way. */
  @property({ type: Boolean }) idle = false;
  @query('.stage') private readonly stage!: HTMLElement;

  private readonly wide = new MediaQuery(this, WIDE);

  constructor() {
    super();
    new LocaleController(this);
  }

  /** Brings the picture into sight. */
  showPicture(): void {
    this.stage.scrollIntoView({ block: 'nearest' });
  }

  protected override render(): TemplateResult {
    // In one column what is to be written comes first, as long as there is nothing to see.
    const isBelow = this.wide.matches || !this.idle;
    const around = html`<slot name="around"></slot>`;
    return html`
      <main>
        <section class="stage" aria-label=${translate('picture')}>
          <slot name="picture"></slot>
          ${isBelow ? around : nothing}
        </section>
        <section class="panel" aria-label=${translate('prompt')}><slot></slot></section>
        ${isBelow ? nothing : around}
      </main>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-page-layout': EmulsionPageLayout;
  }
}
