/** @file What to paint and how: the prompt, the settings, and the orders for pictures that are made of them. */
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import type { DeviceReport } from '../../engine/device-report.ts';
import type { Precision } from '../../engine/precisions.ts';
import type { BackendChoice, Variation } from '../../engine/protocol/generate.ts';
import type { ModelDescription, StyleTemplate } from '../../engine/protocol/model.ts';
import { translate } from '../../locale/index.ts';
import { takeLoraTags } from '../../lora/prompt-tags.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { LocaleController } from '../parts/locale-controller.ts';
import './advanced-form.ts';
import { FormKeeper } from './form-keeper.ts';
import { FormRestorer } from './form-restorer.ts';
import { FormState } from './form-state.ts';
import type { GuidanceSettings } from './guidance-form.ts';
import './init-image-field.ts';
import type { PageNotice } from '../parts/page-notice.ts';
import type { MemorySettings } from '../settings/memory-settings.ts';
import './order-actions.ts';
import type { PictureOrder, PicturesOrdered } from './picture-order.ts';
import type { PictureSettings } from '../settings/picture-settings.ts';
import type { PictureSize } from '../settings/picture-size.ts';
import { promptField, promptFieldStyles } from './prompt-field.ts';
import './prompt-examples.ts';
import './prompt-history-menu.ts';
import './seed-field.ts';
import './size-field.ts';
import type { SizeRefusals } from '../settings/size-refusals.ts';
import type { SharedSettings } from '../settings/share-link.ts';
import './steps-field.ts';
import './styles-field.ts';
import './variation-field.ts';
import { TokenCounter, type CountTokens } from './token-counter.ts';

/**
 * @slot queue - the orders that are being made and wait
 * @fires order-picture - `CustomEvent<PicturesOrdered>`: the user wants pictures
 * @fires cancel-picture - the user wants what is being made no more
 * @fires switch-live - `CustomEvent<boolean>`
 * @fires pick-picture - `CustomEvent<File>`: a picture whose settings are to be taken over
 * @fires choose-backend - `CustomEvent<BackendChoice>`
 * @fires change-memory - `CustomEvent<MemorySettings>`
 */
@customElement('emulsion-prompt-form')
export class EmulsionPromptForm extends LitElement {
  static override styles = [
    controlStyles,
    promptFieldStyles,
    css`
      :host,
      .settings,
      .field {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: var(--space-4);
        min-width: 0;
      }

      .field {
        gap: var(--space-1);
      }
    `,
  ];

  @property({ attribute: false }) model: ModelDescription | undefined;
  /** Counts tokens as the model does. */
  @property({ attribute: false }) countTokens: CountTokens | undefined;
  /** Whether a model is being opened. */
  @property({ type: Boolean }) opening = false;
  @property() backend: BackendChoice = 'auto';
  @property({ attribute: false }) memory: MemorySettings = {};
  @property({ attribute: false }) device: DeviceReport | undefined;
  /** Of the sizes on offer. */
  @property({ attribute: false }) sizeRefusals: SizeRefusals = new Map();
  @property({ type: Boolean }) running = false;
  @property({ type: Boolean }) cancelling = false;
  /** Whether other orders are being made or wait. */
  @property({ type: Boolean }) queued = false;
  /** Whether drafts are painted while the prompt is being written; the seed stays then. */
  @property({ type: Boolean }) live = false;
  @property({ attribute: false }) draftSeconds: number | undefined;

  /** Whether a picture is ordered as soon as the model is open. */
  @state() private isWaiting = false;
  /** Chosen for the picture that is begun from, where there is one. */
  @state() private strength: number | null = null;
  private readonly keeper = new FormKeeper(this, () => this.kept);
  private readonly said = new FormState(this, this.keeper.prompt, () => this.model);
  private readonly restorer = new FormRestorer(this, {
    model: () => this.model,
    said: this.said,
    keeper: this.keeper,
    fields: () => ({ seed: this.seedField, size: this.sizeField, initImage: this.initImageField }),
    write: (prompt) => this.write(prompt),
    onBegun: () => this.isWaiting && this.order(),
  });
  private readonly promptTokens = new TokenCounter(this);
  private readonly negativeTokens = new TokenCounter(this);
  @query('emulsion-seed-field') private readonly seedField!: HTMLElementTagNameMap['emulsion-seed-field'];
  @query('emulsion-size-field') private readonly sizeField!: HTMLElementTagNameMap['emulsion-size-field'];
  @query('.field') private readonly promptField!: HTMLElement;
  @query('#prompt') private readonly promptInput!: HTMLTextAreaElement;
  @query('emulsion-order-actions') private readonly actions!: HTMLElementTagNameMap['emulsion-order-actions'];
  @query('emulsion-prompt-history-menu')
  private readonly history!: HTMLElementTagNameMap['emulsion-prompt-history-menu'];
  @query('emulsion-init-image-field')
  private readonly initImageField!: HTMLElementTagNameMap['emulsion-init-image-field'];

  constructor() {
    super();
    new LocaleController(this);
  }

  /**
   * Orders the pictures that the form describes, unless a field is wrong. While the first model is being opened, the
   * order waits for it.
   */
  order(isNext = false): void {
    this.isWaiting = !this.model && this.opening;
    if (!this.model) return;
    const seed = this.seedField.take();
    const count = this.actions.takeCount();
    if (seed === undefined || count === undefined) return;
    const picture = this.describe(seed, this.model);
    this.history.add(this.said.values.prompt.trim());
    // What is painted may be more than the tab can bear.
    this.keeper.keep();
    const detail: PicturesOrdered = { picture, count, isNext };
    this.dispatchEvent(new CustomEvent<PicturesOrdered>('order-picture', { detail }));
  }

  /** What the form describes, nobody having asked for it; `undefined` without a model or a seed. */
  get draft(): PictureOrder | undefined {
    const { written: seed } = this.seedField;
    return this.model && seed !== undefined ? this.describe(seed, this.model) : undefined;
  }

  private describe(seed: bigint, model: ModelDescription): PictureOrder {
    const initImage = this.initImageField.take();
    return {
      ...this.said.ordered(model),
      ...{ seed, ...this.sizeField.take() },
      ...(initImage && { initImage }),
    };
  }

  /** Chosen for the next picture. */
  get precision(): Precision {
    return this.said.values.precision;
  }

  /** Whether keys are the menu's. */
  get isMenuOpen(): boolean {
    return this.history.isOpen;
  }

  /** What a tour of the page points at. */
  get landmarks(): { readonly prompt: HTMLElement; readonly generate: HTMLElement } {
    return { prompt: this.promptField, generate: this.actions };
  }

  /** Takes over a size. */
  setSize(size: PictureSize): void {
    this.sizeField.set(size);
  }

  /** The next pictures begin from this one. */
  async beginFrom(file: File): Promise<void> {
    await this.initImageField.set(file);
    await this.initImageField.reveal();
  }

  /**
   * Takes over what a picture was painted with, as far as it is given. Without a model only the prompt is; what the first one
   * says comes before the rest.
   * @returns what there is to say of it
   */
  restore(settings: Partial<PictureSettings>): Promise<readonly PageNotice[]> {
    return this.restorer.restore(settings);
  }

  /** Once everything is taken over that the model says, and what was there before it. */
  get settled(): Promise<unknown> {
    return this.restorer.settled;
  }

  /** What a link to the form says; LoRAs are not the form's. */
  get shared(): SharedSettings {
    return { ...this.said.written, seed: this.seedField.written, size: this.sizeField.take() };
  }

  /** What the tab keeps: the texts as they are written. A seed that is drawn anew each time is nothing to come back to. */
  private get kept(): SharedSettings {
    const { shared } = this;
    const { prompt, negative } = this.said.values;
    const seed = this.seedField.isDrawn ? undefined : shared.seed;
    return { ...shared, prompt, negative, seed };
  }

  /** Writes the prompt anew, from what it is. */
  editPrompt(edit: (prompt: string) => string): void {
    this.said.change({ prompt: edit(this.said.values.prompt) });
  }

  /** Takes back an order that waits. */
  withdraw(): void {
    this.isWaiting = false;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const { said, model, countTokens } = this;
    if (changed.has('model') && model) said.follow(model, changed.get('model'));
    const { prompt, negative } = said.styledText;
    this.promptTokens.update(takeLoraTags(prompt).prompt, model, countTokens);
    this.negativeTokens.update(negative, said.usesNegative ? model : undefined, countTokens);
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.get('live') !== undefined) this.seedField.hold(this.live);
    if (this.model) this.restorer.begin(this.model);
    // None came.
    else if (changed.has('opening') && !this.opening) this.withdraw();
  }

  protected override render(): TemplateResult {
    const { said, model } = this;
    return html`
      <div class="field">
        ${promptField({
          ...{ id: 'prompt', label: translate('prompt'), placeholder: translate('promptPlaceholder') },
          ...{ rows: 3, text: said.values.prompt, tokens: this.promptTokens },
          onInput: (text) => this.write(text),
          onKey: (event) => this.history.walk(event, said.values.prompt),
          menu: html`<emulsion-prompt-history-menu
            @pick-prompt=${({ detail }: CustomEvent<string>) => said.change({ prompt: detail })}
            @close-history=${() => this.promptInput.focus()}
          ></emulsion-prompt-history-menu>`,
        })}
        <emulsion-prompt-examples
          .model=${model}
          .opening=${this.opening}
          @use-example=${(event: CustomEvent<string>) => this.useExample(event.detail)}
        ></emulsion-prompt-examples>
      </div>
      ${said.usesNegative ? this.renderNegative() : nothing}
      <emulsion-order-actions
        .ready=${model !== undefined}
        .waiting=${this.isWaiting}
        .queued=${this.queued}
        .running=${this.running}
        .cancelling=${this.cancelling}
        .live=${this.live}
        .draftSeconds=${this.draftSeconds}
        @order=${() => this.order()}
      ></emulsion-order-actions>
      <slot name="queue"></slot>
      <p class="visually-hidden" role="status">${this.isWaiting ? translate('modelOpening') : ''}</p>
      ${this.renderSettings()}
    `;
  }

  private renderNegative(): TemplateResult {
    return html`
      <div class="field">
        ${promptField({
          ...{
            id: 'negative',
            label: translate('negativePrompt'),
            placeholder: translate('negativePlaceholder'),
          },
          ...{ rows: 1, text: this.said.values.negative, tokens: this.negativeTokens },
          onInput: (negative) => this.said.change({ negative }),
        })}
      </div>
    `;
  }

  private renderSettings(): TemplateResult {
    const { said, model } = this;
    const { styles, steps, restoredSteps, guidance, precision, variation } = said.values;
    return html`
      <div class="settings">
        <emulsion-styles-field
          .model=${model}
          .chosen=${styles}
          @change-styles=${({ detail }: CustomEvent<readonly StyleTemplate[]>) => said.change({ styles: detail })}
        ></emulsion-styles-field>
        <emulsion-steps-field
          .model=${model}
          .steps=${steps}
          .atLeast=${restoredSteps}
          .guidance=${guidance}
          .strength=${this.strength}
          @change-steps=${({ detail }: CustomEvent<number>) => said.change({ steps: detail })}
        ></emulsion-steps-field>
        <emulsion-size-field .model=${model} .refusals=${this.sizeRefusals}></emulsion-size-field>
        <emulsion-seed-field></emulsion-seed-field>
        <emulsion-variation-field
          ?hidden=${!variation}
          .variation=${variation}
          @change-variation=${({ detail }: CustomEvent<Variation | null>) => said.change({ variation: detail })}
        ></emulsion-variation-field>
        <emulsion-init-image-field
          .least=${model?.sizeMultiple ?? 1}
          .steps=${steps}
          @change-strength=${(event: CustomEvent<number | null>) => (this.strength = event.detail)}
        ></emulsion-init-image-field>
        <emulsion-advanced-form
          .model=${model}
          .backend=${this.backend}
          .precision=${precision}
          .guidance=${guidance}
          .memory=${this.memory}
          .device=${this.device}
          @choose-precision=${({ detail }: CustomEvent<Precision>) => said.change({ precision: detail })}
          @change-guidance=${({ detail }: CustomEvent<GuidanceSettings>) => said.change({ guidance: detail })}
        ></emulsion-advanced-form>
      </div>
    `;
  }

  private write(prompt: string): void {
    this.said.change({ prompt });
    this.history.leave();
  }

  private useExample(example: string): void {
    this.write(example);
    this.actions.focusGenerate();
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-prompt-form': EmulsionPromptForm;
  }
}
