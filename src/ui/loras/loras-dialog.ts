/** @file The dialog of LoRAs: those on the shelf, those that come with the site, and how to add one's own. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { TrialSettings } from '../../engine/protocol/lora-desk.ts';
import { toPlainError, type PlainError } from '../../error.ts';
import { errorSentence, translate } from '../../locale/index.ts';
import type { LoraEntry } from '../../store/lora-entry.ts';
import type { GivenLora, ShelfState } from '../../store/lora-shelf.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { dialogHead, dialogStyles } from '../parts/dialog-frame.ts';
import { listStyles } from '../parts/list-styles.ts';
import { LocaleController } from '../parts/locale-controller.ts';
import './lora-card.ts';
import type { LoraControl, LoraOutcome } from './lora-control.ts';
import { givenLoras } from './lora-drop.ts';
import { modelKey } from './lora-findings.ts';
import './lora-offers.ts';
import type { OfferedLora } from './lora-catalog.ts';
import type { WorkshopState } from './lora-workshop.ts';
import type { OpenModel } from '../models/model-choice.ts';

const OUTCOME_TEXTS = {
  added: 'loraAdded',
  known: 'loraKnown',
  updated: 'loraUpdated',
  removed: 'loraRemoved',
  inserted: 'loraInserted',
  repaired: 'loraRepaired',
} as const satisfies Record<LoraOutcome['kind'], string>;

@customElement('emulsion-loras-dialog')
export class EmulsionLorasDialog extends LitElement {
  static override styles = [
    controlStyles,
    dialogStyles,
    listStyles,
    css`
      .adder {
        display: grid;
        justify-items: start;
        gap: var(--space-2);
      }
    `,
  ];

  @property({ attribute: false }) control!: LoraControl;
  @property({ attribute: false }) shelf!: ShelfState;
  @property({ attribute: false }) workshop!: WorkshopState;
  @property({ attribute: false }) outcome: LoraOutcome | undefined;
  @property({ attribute: false }) offered: readonly OfferedLora[] = [];
  @property({ attribute: false }) model: OpenModel | undefined;
  @property({ attribute: false }) trialSettings!: () => TrialSettings;

  /** Why nothing was added; `empty` where there was nothing to add. */
  @state() private trouble: PlainError | 'empty' | undefined;
  @query('dialog') private readonly dialog!: HTMLDialogElement;
  @query('.body') private readonly body!: HTMLElement;
  @query('#lora-file') private readonly picker!: HTMLInputElement;

  constructor() {
    super();
    new LocaleController(this);
  }

  get isOpen(): boolean {
    return this.dialog.open;
  }

  /** Shows the dialog, and looks at what there is. */
  show(): void {
    this.control.tell(undefined);
    this.trouble = undefined;
    if (!this.dialog.open) this.dialog.showModal();
    void this.control.browse();
  }

  /** Takes LoRAs in and shows what comes of it. */
  async take(given: readonly GivenLora[]): Promise<void> {
    this.show();
    this.body.scrollTop = 0;
    this.trouble = given.length === 0 ? 'empty' : undefined;
    await this.attempt(() => this.control.add(given));
  }

  protected override render(): TemplateResult {
    return html`
      <dialog aria-labelledby="title" closedby="any" @close=${() => this.control.workshop.measuring.stop()}>
        ${dialogHead(translate('loras'), () => this.dialog.close())}
        <div class="body" tabindex="-1">
          <p class="outcome" role="status">${this.outcomeSentence}</p>
          ${this.renderTrouble()} ${this.renderShelf()}
          <section class="adder" aria-labelledby="add">
            <h3 id="add">${translate('lorasAdd')}</h3>
            <p class="hint">${translate('lorasHint')}</p>
            <button type="button" @click=${() => this.picker.click()}>${translate('loraPick')}</button>
            <input
              id="lora-file"
              type="file"
              hidden
              multiple
              accept=".safetensors,.json"
              aria-label=${translate('loraPick')}
              @change=${this.onPick}
            />
            <p class="hint">${translate('loraDropHint')}</p>
          </section>
          <emulsion-lora-offers
            .offered=${this.offered}
            .entries=${this.shelf.entries}
            .add=${(offer: OfferedLora) => this.attempt(() => this.control.addOffered(offer))}
          ></emulsion-lora-offers>
        </div>
      </dialog>
    `;
  }

  private get outcomeSentence(): string {
    return this.outcome ? translate(OUTCOME_TEXTS[this.outcome.kind], this.outcome.name) : '';
  }

  private renderTrouble(): TemplateResult {
    const { failure } = this.shelf;
    return html`
      ${
        this.trouble
          ? html`<div class="trouble" role="alert">
              <p>${this.trouble === 'empty' ? translate('loraNoFile') : errorSentence(this.trouble)}</p>
            </div>`
          : nothing
      }
      ${failure ? html`<div class="trouble" role="alert"><p>${keepSentence(failure)}</p></div>` : nothing}
    `;
  }

  private renderShelf(): TemplateResult {
    const { entries } = this.shelf;
    return html`
      <section aria-labelledby="shelf">
        <h3 id="shelf">${translate('lorasShelf')}</h3>
        ${
          entries.length === 0
            ? html`<p class="hint empty">${translate('lorasNone')}</p>`
            : html`
                <ul>
                  ${repeat(
                    entries,
                    ({ id }) => id,
                    (entry, i) => this.renderCard(entry, i),
                  )}
                </ul>
              `
        }
      </section>
    `;
  }

  private renderCard(entry: LoraEntry, i: number): TemplateResult {
    const { id } = entry;
    return html`
      <li>
        <emulsion-lora-card
          .entry=${entry}
          .model=${this.model}
          .work=${this.workshop.works.get(id)}
          .failure=${this.workshop.failures.get(id)}
          .full=${this.workshop.trials.get(id)}
          .unmeasured=${this.workshop.unmeasured.get(id)}
          ?unrepaired=${this.model !== undefined && this.workshop.unrepaired.get(id) === modelKey(this.model)}
          .control=${this.control}
          .trialSettings=${this.trialSettings}
          ?first=${i === 0}
          ?last=${i === this.shelf.entries.length - 1}
          @remove-lora=${() => void this.removeLora(id)}
        ></emulsion-lora-card>
      </li>
    `;
  }

  private async removeLora(id: string): Promise<void> {
    await this.control.remove(id);
    this.body.focus();
  }

  private readonly onPick = async (event: Event): Promise<void> => {
    const input = event.target as HTMLInputElement;
    const files = [...(input.files ?? [])];
    // The same file can be picked again after it was mended.
    input.value = '';
    if (files.length > 0) await this.take(await givenLoras(files));
  };

  private async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.trouble = toPlainError(error);
    }
  }
}

/** Why the shelf lasts for this visit only. */
function keepSentence(failure: PlainError): string {
  switch (failure.code) {
    case 'store/quota':
      return translate('loraKeepQuota', failure.detail.neededMiB, failure.detail.availableMiB);
    case 'store/unavailable':
      return translate('loraKeepUnavailable', failure.detail.reason);
    default:
      return errorSentence(failure);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-loras-dialog': EmulsionLorasDialog;
  }
}
