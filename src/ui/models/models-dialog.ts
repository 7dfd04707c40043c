/** @file The dialog of models: those in this browser, those that can be had, and a look at one before it is added. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { addressesOf } from '../../engine/model-source.ts';
import type { Library } from '../../engine/protocol/library.ts';
import type { ModelReference } from '../../engine/protocol/model.ts';
import { toPlainError } from '../../error.ts';
import { translate } from '../../locale/index.ts';
import { byteSize } from '../parts/byte-size.ts';
import { entryReference, type Catalog } from './catalog.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { dialogHead, dialogStyles, dialogTrouble } from '../parts/dialog-frame.ts';
import { listStyles } from '../parts/list-styles.ts';
import { LocaleController } from '../parts/locale-controller.ts';
import { licencesAt } from './licences.ts';
import './model-adder.ts';
import type { EmulsionModelAdder } from './model-adder.ts';
import './model-card.ts';
import type { LibraryState, ModelLibrary } from './model-library.ts';
import './model-offer.ts';
import type { Offer } from './model-offer.ts';
import { modelRows, type ModelRow } from './model-rows.ts';
import { mendedSentence } from './model-sentences.ts';
import './storage-bar.ts';

/** The model the user wants to paint with. */
export interface ModelWish {
  readonly reference: ModelReference;
  /** What it is remembered by; absent for one that is used once. */
  readonly id: string | undefined;
}

/** @fires use-model - `CustomEvent<ModelWish>`; the dialog has closed */
@customElement('emulsion-models-dialog')
export class EmulsionModelsDialog extends LitElement {
  static override styles = [
    controlStyles,
    dialogStyles,
    listStyles,
    css`
      .adder {
        display: grid;
        gap: var(--space-3);
      }
    `,
  ];

  @property({ attribute: false }) engineLibrary!: Library;
  @property({ attribute: false }) library!: ModelLibrary;
  @property({ attribute: false }) libraryState!: LibraryState;
  @property({ attribute: false }) catalog: Catalog | undefined;
  /** Id of the model the page paints with, where it has one. */
  @property({ attribute: false }) usedId: string | undefined;

  @state() private offer: Offer | undefined;
  @query('dialog') private readonly dialog!: HTMLDialogElement;
  @query('.body') private readonly body!: HTMLElement;
  @query('emulsion-model-adder') private readonly adder!: EmulsionModelAdder | null;

  constructor() {
    super();
    new LocaleController(this);
  }

  get isOpen(): boolean {
    return this.dialog.open;
  }

  /** Shows the dialog, and looks what is stored. */
  show(): void {
    this.library.forgetOutcome();
    void this.library.refresh();
    if (!this.dialog.open) this.dialog.showModal();
  }

  /** Shows what adding these files would mean. */
  async offerFiles(files: readonly File[]): Promise<void> {
    if (files.length === 0) return;
    // Fields that the user does not see have no say.
    const adder = this.dialog.open ? this.adder : null;
    this.show();
    const base: ModelReference = { kind: 'files', files };
    const reference = adder ? adder.compose(base) : base;
    if (reference) await this.look(reference);
  }

  protected override render(): TemplateResult {
    const { listing } = this.libraryState;
    return html`
      <dialog aria-labelledby="title" closedby="any" @close=${() => (this.offer = undefined)}>
        ${dialogHead(translate('models'), () => this.dialog.close())}
        <div class="body" tabindex="-1">
          <p class="outcome" role="status">${this.outcomeSentence}</p>
          ${this.offer ? this.renderOffer(this.offer) : this.renderLists()}
        </div>
        ${
          listing
            ? html`<div class="foot">
                <emulsion-storage-bar
                  .storage=${listing.storage}
                  ?refused=${this.libraryState.isKeepingRefused}
                  @ask-to-keep=${() => void this.library.askToKeep()}
                ></emulsion-storage-bar>
              </div>`
            : nothing
        }
      </dialog>
    `;
  }

  private renderLists(): TemplateResult {
    const { stored, offered } = modelRows(this.libraryState, this.catalog);
    const { listing, failure } = this.libraryState;
    return html`
      <section aria-labelledby="stored">
        <h3 id="stored">${translate('modelsStored')}</h3>
        ${failure ? dialogTrouble(failure, () => void this.library.refresh()) : nothing}
        ${listing || failure ? nothing : html`<p class="empty">${translate('modelsLoading')}</p>`}
        ${
          listing && stored.length === 0
            ? html`<p class="hint empty">${translate('modelsStoredNone')}</p>`
            : this.renderRows(stored)
        }
      </section>
      ${
        offered.length === 0
          ? nothing
          : html`
              <section aria-labelledby="offered">
                <h3 id="offered">${translate('modelsOffered')}</h3>
                ${this.renderRows(offered)}
              </section>
            `
      }
      <section class="adder" aria-labelledby="add">
        <h3 id="add">${translate('modelsAdd')}</h3>
        <emulsion-model-adder
          @give-model=${(event: CustomEvent<ModelReference>) => void this.look(event.detail)}
        ></emulsion-model-adder>
      </section>
    `;
  }

  private renderRows(rows: readonly ModelRow[]): TemplateResult | typeof nothing {
    if (rows.length === 0) return nothing;
    return html`
      <ul>
        ${rows.map(
          (row) => html`
            <li>
              <emulsion-model-card
                .row=${row}
                .library=${this.library}
                ?used=${row.id === this.usedId}
                @use-model=${() => this.useRow(row)}
                @use-model-once=${() => row.work?.reference && this.useOnce(row.work.reference)}
                @offer-model=${() => row.entry && void this.look(entryReference(row.entry))}
              ></emulsion-model-card>
            </li>
          `,
        )}
      </ul>
    `;
  }

  private renderOffer(offer: Offer): TemplateResult {
    return html`
      <emulsion-model-offer
        .offer=${offer}
        @keep-model=${() => void this.keep(offer)}
        @use-model=${() => this.useOnce(offer.reference)}
        @look-again=${() => void this.look(offer.reference)}
        @leave-offer=${() => this.leaveOffer()}
      ></emulsion-model-offer>
    `;
  }

  private get outcomeSentence(): string {
    const { outcome } = this.libraryState;
    switch (outcome?.kind) {
      case 'added':
        return translate('sentences', [
          translate('modelAdded', outcome.name),
          ...(outcome.mended.length > 0 ? [mendedSentence(outcome.mended)] : []),
        ]);
      case 'paused':
        return translate('modelPaused', outcome.name);
      case 'removed':
        return translate('modelRemoved', outcome.name, byteSize(outcome.freedBytes));
      case undefined:
        return '';
    }
  }

  /** Shows what adding a model would mean. */
  private async look(reference: ModelReference): Promise<void> {
    const offer: Offer = {
      reference,
      // A composition is another model than those it is made of, though bound by their licences.
      entry:
        reference.kind === 'url' ? this.catalog?.entries.find(({ url }) => url === reference.url) : undefined,
      licences: licencesAt(addressesOf(reference), this.catalog),
      inspection: undefined,
      failure: undefined,
    };
    const isCurrent = (): boolean => this.offer?.reference === reference;
    this.offer = offer;
    this.body.scrollTop = 0;
    try {
      const [inspection, addresses] = await Promise.all([
        this.engineLibrary.inspect(reference),
        this.engineLibrary.addresses(reference),
      ]);
      if (isCurrent()) this.offer = { ...offer, inspection, licences: licencesAt(addresses, this.catalog) };
    } catch (error) {
      if (isCurrent()) this.offer = { ...offer, failure: toPlainError(error) };
    }
  }

  private async keep({ reference, entry, inspection }: Offer): Promise<void> {
    if (!inspection) return;
    this.leaveOffer();
    const { name, source } = inspection;
    const version = entry?.version;
    const id = entry?.id ?? inspection.id;
    const addition = { id, name: entry?.name ?? name, source, ...(version !== undefined && { version }) };
    await this.library.add(reference, addition);
  }

  private leaveOffer(): void {
    this.offer = undefined;
    this.body.focus();
  }

  private useRow({ id, stored, entry }: ModelRow): void {
    if (stored?.state === 'ready') this.use({ reference: { kind: 'stored', id }, id });
    else if (entry) this.use({ reference: entryReference(entry), id });
  }

  private useOnce(reference: ModelReference): void {
    this.use({ reference, id: undefined });
  }

  private use(detail: ModelWish): void {
    this.dialog.close();
    this.dispatchEvent(new CustomEvent<ModelWish>('use-model', { detail }));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-models-dialog': EmulsionModelsDialog;
  }
}
