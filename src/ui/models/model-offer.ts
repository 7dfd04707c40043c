/**
 * @file What adding a model would mean, before anything is fetched: what it is, under which licence, how large, and
 * whether there is room for it.
 */
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { sourceName } from '../../engine/model-source.ts';
import type { ModelInspection } from '../../engine/protocol/library.ts';
import type { ModelReference } from '../../engine/protocol/model.ts';
import type { PlainError } from '../../error.ts';
import { errorSentence, translate } from '../../locale/index.ts';
import { byteSize } from '../parts/byte-size.ts';
import type { CatalogEntry, CatalogLicence } from './catalog.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { LocaleController } from '../parts/locale-controller.ts';

/** A model somebody points at. */
export interface Offer {
  readonly reference: ModelReference;
  /** Where the catalog has it. */
  readonly entry: CatalogEntry | undefined;
  /** Of all that it is made of, as far as the catalog has it. */
  readonly licences: readonly CatalogLicence[];
  /** Absent while it is being looked at. */
  readonly inspection: ModelInspection | undefined;
  readonly failure: PlainError | undefined;
}

/**
 * @fires keep-model - store it
 * @fires use-model - use it from where it is
 * @fires look-again - after a failure
 * @fires leave-offer
 */
@customElement('emulsion-model-offer')
export class EmulsionModelOffer extends LitElement {
  static override styles = [
    controlStyles,
    css`
      :host,
      .consequences {
        display: grid;
        gap: var(--space-3);
      }

      h3 {
        margin: 0;
        font-size: var(--text-large);
        font-weight: 600;
        overflow-wrap: anywhere;
      }

      h3:focus {
        outline: none;
      }

      dl {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr);
        gap: var(--space-1) var(--space-4);
        margin: 0;
        font-variant-numeric: tabular-nums;
      }

      dt {
        color: var(--text-muted);
      }

      dd {
        margin: 0;
        overflow-wrap: anywhere;
      }

      .note,
      .trouble {
        padding: var(--space-2) var(--space-3);
        border-inline-start: 3px solid var(--line-strong);
        border-radius: var(--radius-small);
        background: var(--sunken);
        font-size: var(--text-small);
        overflow-wrap: anywhere;
      }

      .trouble {
        border-color: var(--accent);
        background: var(--accent-soft);
      }

      .note ul {
        margin: var(--space-1) 0 0;
        padding-inline-start: var(--space-4);
      }

      .accept {
        display: flex;
        align-items: center;
        gap: var(--space-2);
        min-height: 2.5rem;
        color: var(--text);
        font-size: inherit;
      }

      .actions {
        display: flex;
        flex-wrap: wrap;
        gap: var(--space-2);
      }

      a {
        color: var(--accent);
      }
    `,
  ];

  @property({ attribute: false }) offer!: Offer;

  @state() private isAccepted = false;
  @query('h3') private readonly heading!: HTMLElement;
  @query('.accept input') private readonly acceptBox!: HTMLInputElement | null;

  constructor() {
    super();
    new LocaleController(this);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const isOther = changed.get('offer')?.reference !== this.offer.reference;
    if (changed.has('offer') && isOther) this.isAccepted = false;
  }

  protected override firstUpdated(): void {
    this.heading.focus();
  }

  protected override render(): TemplateResult {
    const { offer } = this;
    return html`
      <h3 tabindex="-1">${offer.inspection?.name ?? offer.entry?.name ?? sourceName(offer.reference)}</h3>
      ${this.renderFacts()}
      <div role="status">
        ${offer.inspection || offer.failure ? nothing : html`<p>${translate('offerLooking')}</p>`}
      </div>
      ${offer.failure ? this.renderFailure(offer.failure) : nothing}
      ${offer.inspection ? this.renderChoice(offer.inspection) : nothing}
      ${offer.inspection ? nothing : html`<div class="actions">${this.renderLeave()}</div>`}
    `;
  }

  private renderFacts(): TemplateResult {
    const { reference, entry, inspection } = this.offer;
    const byteLength = inspection?.byteLength ?? entry?.byteLength;
    return html`
      <dl>
        <dt>${translate('sourceTerm')}</dt>
        <dd>
          ${sourceName(reference)}
          ${entry && !entry.isVerified ? html`<br /><small>${translate('unverifiedHint')}</small>` : nothing}
        </dd>
        ${
          byteLength === undefined
            ? nothing
            : html`<dt>${translate('sizeTerm')}</dt>
                <dd>${this.sizeText(byteLength)}</dd>`
        }
        <dt>${translate('licenceTerm')}</dt>
        <dd>${this.renderLicences()}</dd>
      </dl>
    `;
  }

  /** The catalog knows best, but of a composition perhaps only a part. */
  private renderLicences(): TemplateResult | readonly TemplateResult[] {
    const { reference, licences, inspection } = this.offer;
    const own = inspection?.licence;
    const isKnown = reference.kind !== 'composed' && licences.length > 0;
    const named = own === undefined || isKnown ? [] : [{ name: own, url: undefined }];
    const all = new Map([...named, ...licences].map(({ name, url }) => [name, url]));
    if (all.size === 0) return html`${translate('licenceUnknown')}`;
    return [...all].map(
      ([name, url]) => html`
        <div>
          ${name}
          ${
            url === undefined
              ? nothing
              : html`<a href=${url} target="_blank" rel="noreferrer">${translate('licenceRead')}</a>`
          }
        </div>
      `,
    );
  }

  /** What it takes in the store, and what has to be fetched where that is not the same. */
  private sizeText(byteLength: number): string {
    const { inspection, reference } = this.offer;
    const size = byteSize(byteLength);
    const fetched = inspection && byteSize(inspection.fetchBytes);
    // Of what is on disk already, nothing has to come.
    return fetched === undefined || fetched === size || reference.kind === 'files'
      ? translate('sizeInBrowser', size)
      : translate('sizeToFetch', size, fetched);
  }

  private renderFailure(failure: PlainError): TemplateResult {
    return html`
      <div class="trouble" role="alert">
        <p>${errorSentence(failure)}</p>
        <code>${failure.code}</code>
      </div>
      <div class="actions">
        <button type="button" @click=${() => this.dispatchEvent(new Event('look-again'))}>
          ${translate('tryAgain')}
        </button>
      </div>
    `;
  }

  private renderChoice(inspection: ModelInspection): TemplateResult {
    const { reference } = this.offer;
    const { neededBytes, storage, assumptions } = inspection;
    const { availableBytes } = storage;
    const hasRoom = availableBytes === undefined || neededBytes <= availableBytes;
    const isLocal = reference.kind === 'files';
    const needed = byteSize(neededBytes);
    return html`
      <div class="consequences">
        <p class=${hasRoom ? 'hint' : 'trouble'}>
          ${
            availableBytes === undefined
              ? translate('roomUnknown', needed)
              : translate(hasRoom ? 'roomEnough' : 'roomShort', needed, byteSize(availableBytes))
          }
        </p>
        ${
          assumptions.length === 0
            ? nothing
            : html`
                <div class="note">
                  ${translate('assumed')}
                  <ul>
                    ${assumptions.map((assumption) => html`<li>${assumption}</li>`)}
                  </ul>
                </div>
              `
        }
        <p class="hint">${translate('roundingNote')}</p>
        ${
          this.isRestricted
            ? html`
                <label class="accept">
                  <input
                    type="checkbox"
                    .checked=${this.isAccepted}
                    @change=${(event: Event) => (this.isAccepted = (event.target as HTMLInputElement).checked)}
                  />
                  ${translate('licenceAccept')}
                </label>
              `
            : nothing
        }
        <div class="actions">
          ${
            hasRoom
              ? this.renderConsent(translate(isLocal ? 'keepHere' : 'downloadAndKeep'), 'keep-model', true)
              : nothing
          }
          ${this.renderConsent(translate('useOnce'), 'use-model', !hasRoom)} ${this.renderLeave()}
        </div>
      </div>
    `;
  }

  /** Whether a licence has to be accepted first. */
  private get isRestricted(): boolean {
    return this.offer.licences.some(({ isRestricted }) => isRestricted);
  }

  /** A button that asks for the licence first, where it has to be accepted. */
  private renderConsent(text: string, event: string, isMain: boolean): TemplateResult {
    const isAllowed = this.isAccepted || !this.isRestricted;
    return html`
      <button
        type="button"
        class=${isMain ? 'primary' : ''}
        aria-disabled=${!isAllowed}
        @click=${() => (isAllowed ? this.dispatchEvent(new Event(event)) : this.acceptBox?.focus())}
      >
        ${text}
      </button>
    `;
  }

  private renderLeave(): TemplateResult {
    return html`
      <button type="button" @click=${() => this.dispatchEvent(new Event('leave-offer'))}>
        ${translate('back')}
      </button>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-model-offer': EmulsionModelOffer;
  }
}
