/** @file One LoRA of the shelf: what it is, whether it is safe, how strongly it is used, and what can be done with it. */
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import type { TrialSettings } from '../../engine/protocol/lora-desk.ts';
import type { PlainError } from '../../error.ts';
import { errorSentence, translate } from '../../locale/index.ts';
import type { LoraTrial } from '../../lora/trial-report.ts';
import type { LoraVerdict, ScaleRepair } from '../../lora/verdict.ts';
import type { LoraEntry } from '../../store/lora-entry.ts';
import { byteSize } from '../parts/byte-size.ts';
import { cardTroubleStyles } from '../parts/card-styles.ts';
import { controlStyles, disclosureStyles } from '../parts/control-styles.ts';
import { dialogTrouble } from '../parts/dialog-frame.ts';
import { arrowDownIcon, arrowUpIcon, downloadIcon } from '../parts/icons.ts';
import { LocaleController } from '../parts/locale-controller.ts';
import { loraCardStyles } from './lora-card-styles.ts';
import type { LoraControl } from './lora-control.ts';
import { modelKey, trialStanding, verdictOf } from './lora-findings.ts';
import type { Unmeasured } from './lora-measuring.ts';
import './lora-repair.ts';
import { isRepairable } from '../../lora/repairable.ts';
import { loraReportStyles, renderFigures, renderReasons, renderRepairs, totalsLine } from './lora-report.ts';
import './lora-trial.ts';
import './lora-weight.ts';
import type { LoraWork } from './lora-workshop.ts';
import type { OpenModel } from '../models/model-choice.ts';
import { ObjectUrls } from '../parts/object-urls.ts';
import { saveFile } from '../parts/save-file.ts';

/** What keeps the rules may still do more than is wanted, which its test tells. */
const ADMITTED_TEXTS = { untried: 'loraAdmitted', safe: 'loraSafe', doubtful: 'loraDoubtful' } as const;

/** @fires remove-lora - the user wants it no more; all else it does itself */
@customElement('emulsion-lora-card')
export class EmulsionLoraCard extends LitElement {
  static override styles = [
    controlStyles,
    disclosureStyles,
    cardTroubleStyles,
    loraReportStyles,
    loraCardStyles,
  ];

  @property({ attribute: false }) entry!: LoraEntry;
  /** The open one, which it is looked at beside. */
  @property({ attribute: false }) model: OpenModel | undefined;
  @property({ attribute: false }) work: LoraWork | undefined;
  @property({ attribute: false }) failure: PlainError | undefined;
  /** The trial of this visit, with its pictures. */
  @property({ attribute: false }) full: LoraTrial | undefined;
  /** Why it could not be measured, if so. */
  @property({ attribute: false }) unmeasured: Unmeasured | undefined;
  /** Whether a repair for this model was tried in vain. */
  @property({ type: Boolean }) unrepaired = false;
  @property({ attribute: false }) control!: LoraControl;
  @property({ attribute: false }) trialSettings!: () => TrialSettings;
  @property({ type: Boolean }) first = false;
  @property({ type: Boolean }) last = false;

  @state() private isAsking = false;
  @state() private showsFigures = false;
  @query('.confirm') private readonly confirmButton!: HTMLButtonElement | null;

  private readonly urls = new ObjectUrls(this);

  constructor() {
    super();
    new LocaleController(this);
  }

  private get verdict(): LoraVerdict | undefined {
    return verdictOf(this.entry, this.model);
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has('isAsking') && this.isAsking) this.confirmButton?.focus();
  }

  protected override render(): TemplateResult {
    const { name, trial, repairs } = this.entry;
    return html`
      <article aria-label=${name}>
        <div class="top">
          ${
            !trial?.thumbnail
              ? nothing
              : html`<img src=${this.urls.of(trial.thumbnail)} alt=${translate('loraThumbnail', name)} />`
          }
          <div class="what">${this.renderHead()} ${this.renderFacts()} ${this.renderTriggers()}</div>
        </div>
        ${this.renderWeight()}
        <div role="status" class="standing">${this.renderStanding()}</div>
        ${this.renderNorms()} ${this.renderFailure()} ${this.renderRepair()}
        ${this.isAsking ? this.renderQuestion() : this.renderActions()} ${renderRepairs(repairs)}
        ${
          trial
            ? html`<emulsion-lora-trial .trial=${trial} .full=${this.full}></emulsion-lora-trial>`
            : nothing
        }
        ${this.renderDetails()}
      </article>
    `;
  }

  private renderHead(): TemplateResult {
    const { name, isOn, id } = this.entry;
    // One that is on beside another model can still be switched off.
    const isBarred = this.verdict?.admitted === false && !isOn;
    return html`
      <div class="head">
        <h4>${name}</h4>
        <label class="switch">
          <input
            type="checkbox"
            role="switch"
            aria-checked=${isOn}
            .checked=${isOn}
            ?disabled=${isBarred}
            aria-label=${translate('loraSwitch', name)}
            @change=${(event: Event) =>
              this.control.change(id, { isOn: (event.target as HTMLInputElement).checked })}
          />
          ${translate('loraOn')}
        </label>
      </div>
    `;
  }

  /** What is refused has no weight to choose, unless it is used all the same. */
  private renderWeight(): TemplateResult | typeof nothing {
    const { id, name, weight, isOn } = this.entry;
    if (this.verdict?.admitted === false && !isOn) return nothing;
    return html`<emulsion-lora-weight
      .name=${name}
      .weight=${weight}
      @change-weight=${(event: CustomEvent<number>) => this.control.change(id, { weight: event.detail })}
    ></emulsion-lora-weight>`;
  }

  private renderFacts(): TemplateResult {
    const { base, byteLength } = this.entry;
    const facts = [
      byteSize(byteLength),
      ...(base === undefined ? [] : [translate('loraBase', base)]),
      ...(this.verdict && this.verdict.total.modules > 0 ? [totalsLine(this.verdict)] : []),
    ];
    return html`<p class="hint">${facts.join(' · ')}</p>`;
  }

  private renderTriggers(): TemplateResult | typeof nothing {
    const { triggers } = this.entry;
    if (triggers.length === 0) return nothing;
    return html`
      <div class="triggers" role="group" aria-label=${translate('loraTriggers')}>
        <span class="label" aria-hidden="true">${translate('loraTriggers')}</span>
        ${triggers.map(
          (words) => html`
            <button
              type="button"
              class="chip"
              aria-label=${translate('loraInsertWords', words)}
              @click=${() => this.control.insertWords(words)}
            >
              ${words}
            </button>
          `,
        )}
      </div>
    `;
  }

  private renderStanding(): TemplateResult | typeof nothing {
    const { verdict, work } = this;
    if (work?.task === 'repair') return html`<p>${translate('loraRepairing')}</p>`;
    if (!verdict && this.failure) return nothing;
    if (!verdict) return html`<p>${translate(this.model ? 'loraLooking' : 'loraWaits')}</p>`;
    if (verdict.admitted)
      return html`<p class="admitted">
        ${translate(ADMITTED_TEXTS[trialStanding(this.entry, this.model)])}
      </p>`;
    return html`
      <p class="refused">${translate('loraRefused', verdict.reasons.length)}</p>
      ${renderReasons(verdict.reasons)}
    `;
  }

  /** What becomes of the figure that the verdict lacks. */
  private renderNorms(): TemplateResult | typeof nothing {
    const { verdict, model, unmeasured } = this;
    if (!verdict || verdict.modules.length === 0 || verdict.norms === 'measured') return nothing;
    if (verdict.norms === 'remote') return html`<p class="hint">${translate('loraNormsRemote')}</p>`;
    const isHopeless = model !== undefined && unmeasured?.modelKey === modelKey(model);
    return html`<p class="hint">
      ${isHopeless ? translate('loraNormsFailed', errorSentence(unmeasured.failure)) : translate('loraNormsDue')}
    </p>`;
  }

  private renderRepair(): TemplateResult | typeof nothing {
    const { verdict, entry } = this;
    if (!verdict || verdict.admitted || this.work) return nothing;
    const isBeyond = this.unrepaired || !isRepairable(verdict.reasons);
    if (isBeyond) return html`<p class="hint">${translate('loraBeyondRepair')}</p>`;
    return html`<emulsion-lora-repair
      .reasons=${verdict.reasons}
      @repair-lora=${(event: CustomEvent<ScaleRepair>) => void this.control.repair(entry.id, event.detail)}
    ></emulsion-lora-repair>`;
  }

  private renderFailure(): TemplateResult | typeof nothing {
    const { failure, control, entry } = this;
    if (!failure) return nothing;
    if (!this.verdict) return dialogTrouble(failure, () => void control.workshop.inspect(entry.id));
    return html`<div class="trouble" role="alert"><p>${errorSentence(failure)}</p></div>`;
  }

  private renderDetails(): TemplateResult | typeof nothing {
    const { verdict } = this;
    if (!verdict || verdict.modules.length === 0) return nothing;
    // Hundreds of rows that nobody has asked for.
    return html`
      <details @toggle=${(event: Event) => (this.showsFigures = (event.target as HTMLDetailsElement).open)}>
        <summary>${translate('loraFigures')}</summary>
        ${this.showsFigures ? renderFigures(verdict) : nothing}
      </details>
    `;
  }

  private renderActions(): TemplateResult {
    const { id, name, file, repairs } = this.entry;
    const { control, verdict, work } = this;
    if (work?.task === 'test') return this.renderTesting(work);
    if (work?.task === 'repair') return html`<div class="actions">${this.renderCancel()}</div>`;
    return html`
      <div class="actions">
        ${
          verdict?.admitted
            ? html`
                <button
                  type="button"
                  class="main"
                  aria-label=${translate('actionOn', translate('loraTest'), name)}
                  @click=${() => void control.workshop.test(id, this.trialSettings())}
                >
                  ${translate('loraTest')}
                </button>
                <button
                  type="button"
                  aria-label=${translate('loraInsertWords', name)}
                  @click=${() => control.insertTag(id)}
                >
                  ${translate('loraInsert')}
                </button>
              `
            : nothing
        }
        <button type="button" @click=${() => saveFile(file, `${name}.safetensors`)}>
          ${downloadIcon}${translate(repairs.length > 0 ? 'loraDownloadRepaired' : 'loraDownload')}
        </button>
        <button
          type="button"
          class="icon"
          aria-label=${translate('actionOn', translate('loraUp'), name)}
          title=${translate('loraUp')}
          aria-disabled=${this.first}
          @click=${(event: Event) => this.move(-1, event)}
        >
          ${arrowUpIcon}
        </button>
        <button
          type="button"
          class="icon"
          aria-label=${translate('actionOn', translate('loraDown'), name)}
          title=${translate('loraDown')}
          aria-disabled=${this.last}
          @click=${(event: Event) => this.move(1, event)}
        >
          ${arrowDownIcon}
        </button>
        <button
          type="button"
          aria-label=${translate('actionOn', translate('loraRemove'), name)}
          @click=${() => (this.isAsking = true)}
        >
          ${translate('loraRemove')}
        </button>
      </div>
    `;
  }

  private move(by: -1 | 1, event: Event): void {
    const button = event.currentTarget as HTMLButtonElement;
    this.control.shelf.move(this.entry.id, by);
    // Moved within the page, it loses the focus.
    setTimeout(() => button.focus());
  }

  private renderTesting({ done }: LoraWork): TemplateResult {
    return html`
      <div class="testing">
        <progress max="1" .value=${done} aria-label=${translate('loraTesting')}></progress>
        <p class="hint">${translate('loraTestPart', String(Math.floor(100 * done)))}</p>
        ${this.renderCancel()}
      </div>
    `;
  }

  private renderCancel(): TemplateResult {
    return html`
      <button type="button" @click=${() => this.control.workshop.cancel(this.entry.id)}>
        ${translate('cancel')}
      </button>
    `;
  }

  private renderQuestion(): TemplateResult {
    const { name } = this.entry;
    return html`
      <div class="trouble" role="group" aria-label=${translate('loraRemove')}>
        <p>${translate('loraRemoveQuestion', name)}</p>
        <div class="actions">
          <button
            type="button"
            class="primary confirm"
            @click=${() => this.dispatchEvent(new Event('remove-lora'))}
          >
            ${translate('loraRemove')}
          </button>
          <button type="button" @click=${() => (this.isAsking = false)}>${translate('keepIt')}</button>
        </div>
      </div>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-lora-card': EmulsionLoraCard;
  }
}
