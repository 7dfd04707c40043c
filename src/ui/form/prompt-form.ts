/** @file What to paint and how: the prompt, the settings, and the orders for pictures that are made of them. */
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import type { DeviceReport } from '../../engine/device-report.ts';
import type { Precision } from '../../engine/precisions.ts';
import type { BackendChoice, GenerateRequest, Variation } from '../../engine/protocol/generate.ts';
import type { ModelDescription, StyleTemplate } from '../../engine/protocol/model.ts';
import { translate } from '../../locale/index.ts';
import { takeLoraTags } from '../../lora/prompt-tags.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { LocaleController } from '../parts/locale-controller.ts';
import './advanced-form.ts';
import { FormKeeper } from './form-keeper.ts';
import {
  chosenGuidance,
  isPaired,
  orderedGuidance,
  restoredGuidance,
  writtenGuidance,
  type GuidanceSettings,
} from './guidance-form.ts';
import './init-image-field.ts';
import type { PageNotice } from '../parts/page-notice.ts';
import type { MemorySettings } from '../settings/memory-settings.ts';
import './order-actions.ts';
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
import { stylesNamed } from './styles-field.ts';
import { withoutStyles, withStyles, type StyledText } from './styles-template.ts';
import './variation-field.ts';
import { TokenCounter, type CountTokens } from './token-counter.ts';

/** What the form asks for. */
export interface PictureOrder
  extends GuidanceSettings, Pick<GenerateRequest, 'initImage' | 'variation' | 'styles'> {
  readonly prompt: string;
  /** Absent when nothing was written, or the model has no use for it. */
  readonly negative?: string;
  readonly seed: bigint;
  readonly steps: number;
  readonly precision: Precision;
  readonly width: number;
  readonly height: number;
}

/** Pictures that differ in their seeds alone. */
export interface PicturesOrdered {
  readonly picture: PictureOrder;
  readonly count: number;
  /** Whether they go before what waits. */
  readonly isNext: boolean;
}

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
  private readonly keeper = new FormKeeper(this, () => this.kept);
  @state() private prompt = this.keeper.prompt;
  @state() private negative = '';
  @state() private steps = 4;
  /** A picture may have taken more steps than the scale has. */
  @state() private restoredSteps = 0;
  /** Chosen for the next picture. */
  @state() precision: Precision = 'f32';
  @state() private guidance: GuidanceSettings = { guidance: 'auto' };
  /** Chosen for the picture that is begun from, where there is one. */
  @state() private strength: number | null = null;
  @state() private variation: Variation | null = null;
  @state() private styles: readonly StyleTemplate[] = [];
  /** Given before there was a model. */
  private early: Partial<PictureSettings> | undefined;
  /** Settles once that, and what the tab has kept, is taken over; absent before the first model. */
  private begun: Promise<void> | undefined;
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
    this.history.add(this.prompt.trim());
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
    const { prompt, negative } = this.styledText;
    const initImage = this.initImageField.take();
    return {
      prompt,
      ...(this.styles.length > 0 && { styles: this.styles.map(({ id }) => id) }),
      ...(negative !== '' && { negative }),
      seed,
      steps: this.steps,
      precision: this.precision,
      ...orderedGuidance(this.guidance, model),
      ...this.sizeField.take(),
      ...(initImage && { initImage }),
      ...(this.variation && { variation: this.variation }),
    };
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
   * Takes over what a picture was painted with, as far as it is given. Without a model only the prompt is, which may be written
   * on: what the first one says comes before the rest.
   * @returns what there is to say of it
   */
  async restore(settings: Partial<PictureSettings>): Promise<readonly PageNotice[]> {
    if (this.model) return this.take(settings);
    const { prompt, ...others } = settings;
    if (prompt !== undefined) this.write(prompt);
    this.early = { ...this.early, ...others };
    return [];
  }

  private async take(settings: Partial<PictureSettings>): Promise<readonly PageNotice[]> {
    const { prompt, negative, seed, steps, size, precision } = settings;
    if (prompt !== undefined) this.write(prompt);
    if (negative !== undefined) this.negative = negative;
    if (seed !== undefined) this.seedField.set(seed);
    if (steps !== undefined) this.steps = this.restoredSteps = steps;
    if (size) this.sizeField.set(size);
    if (precision) this.precision = precision;
    if (settings.samplers) this.guidance = restoredGuidance(settings, this.model);
    if ('variation' in settings) this.variation = settings.variation ?? null;
    const hadInitImage = 'strength' in settings && this.restoreStrength(settings.strength);
    const { styles } = settings;
    // Without a prompt, the words of those that are chosen were taken out of it before.
    const areThere = prompt === undefined && String(styles) === String(this.styles.map(({ id }) => id));
    const areStylesKnown = !styles || areThere || (await this.restoreStyles(styles));
    return [
      ...(hadInitImage ? [{ kind: 'init-image-dropped' } as const] : []),
      ...(areStylesKnown ? [] : [{ kind: 'styles-unknown' } as const]),
    ];
  }

  /** @returns whether a picture to begin from was let go of */
  private restoreStrength(strength: number | undefined): boolean {
    const hadInitImage = this.initImageField.take() !== undefined;
    if (strength === undefined) this.initImageField.clear();
    else this.initImageField.setStrength(strength);
    return hadInitImage && strength === undefined;
  }

  /** Once everything is taken over that the model says, and what was there before it. */
  get settled(): Promise<unknown> {
    return this.updateComplete.then(() => Promise.all([this.sizeField.updateComplete, this.begun]));
  }

  /** What a link to the form says; LoRAs are not the form's. */
  get shared(): SharedSettings {
    const { steps, variation, styles, model, precision } = this;
    return {
      ...this.styledText,
      ...{
        seed: this.seedField.written,
        variation: variation ?? undefined,
        steps,
        size: this.sizeField.take(),
      },
      styles: styles.map(({ id }) => id),
      ...writtenGuidance(this.guidance, model),
      ...{ precision, model: model?.name },
    };
  }

  /** What the tab keeps: the texts as they are written. A seed that is drawn anew each time is nothing to come back to. */
  private get kept(): SharedSettings {
    const { shared, prompt, negative } = this;
    const seed = this.seedField.isDrawn ? undefined : shared.seed;
    return { ...shared, prompt, negative, seed };
  }

  /**
   * Takes the words of styles out of the prompt again, where they are all known and it was made with them.
   * @returns whether no words were left there
   */
  private async restoreStyles(ids: readonly string[]): Promise<boolean> {
    this.styles = [];
    const { model, prompt, negative } = this;
    if (!model || ids.length === 0) return true;
    const styles = await stylesNamed(ids, model);
    const plain = styles.length === ids.length ? withoutStyles({ prompt, negative }, styles) : undefined;
    // Somebody may have written on meanwhile.
    if (!plain || this.prompt !== prompt || this.model !== model) return false;
    this.styles = styles;
    this.prompt = plain.prompt;
    this.negative = plain.negative;
    return true;
  }

  /** Prompt and negative prompt with the words of the styles. */
  private get styledText(): StyledText {
    const negative = this.usesNegative ? this.negative.trim() : '';
    const text = withStyles({ prompt: this.prompt.trim(), negative }, this.styles);
    return this.usesNegative ? text : { ...text, negative };
  }

  /** Writes the prompt anew, from what it is. */
  editPrompt(edit: (prompt: string) => string): void {
    this.prompt = edit(this.prompt);
  }

  /** Takes back an order that waits. */
  withdraw(): void {
    this.isWaiting = false;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('model') && this.model) {
      this.steps = this.model.steps;
      this.guidance = { guidance: 'auto' };
      // Another model may not know their words.
      if (changed.get('model')?.styles !== this.model.styles) this.styles = [];
    }
    const { prompt, negative } = this.styledText;
    this.promptTokens.update(takeLoraTags(prompt).prompt, this.model, this.countTokens);
    this.negativeTokens.update(negative, this.usesNegative ? this.model : undefined, this.countTokens);
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.get('live') !== undefined) this.seedField.hold(this.live);
    const isOrdered = changed.has('opening') && !this.opening && this.isWaiting;
    if (this.model) this.begun ??= this.begin(this.model);
    else if (isOrdered) this.isWaiting = false;
  }

  /** With the first model: what came before it is taken over, and then what was ordered. */
  private async begin(model: ModelDescription): Promise<void> {
    // The fields have to take over the model's defaults first.
    await this.updateComplete;
    await this.sizeField.updateComplete;
    const { styles = [], ...kept } = this.keeper.take(model);
    this.styles = await stylesNamed(styles, model);
    // That is in its place already, and may have been written on.
    const { prompt } = this;
    await this.take({ ...kept, ...this.early, prompt });
    if (this.isWaiting) this.order();
  }

  protected override render(): TemplateResult {
    return html`
      <div class="field">
        ${promptField({
          ...{ id: 'prompt', label: translate('prompt'), placeholder: translate('promptPlaceholder') },
          ...{ rows: 3, text: this.prompt, tokens: this.promptTokens },
          onInput: (text) => this.write(text),
          onKey: (event) => this.history.walk(event, this.prompt),
          menu: html`<emulsion-prompt-history-menu
            @pick-prompt=${(event: CustomEvent<string>) => (this.prompt = event.detail)}
            @close-history=${() => this.promptInput.focus()}
          ></emulsion-prompt-history-menu>`,
        })}
        <emulsion-prompt-examples
          .model=${this.model}
          .opening=${this.opening}
          @use-example=${(event: CustomEvent<string>) => this.useExample(event.detail)}
        ></emulsion-prompt-examples>
      </div>
      ${this.usesNegative ? this.renderNegative() : nothing}
      <emulsion-order-actions
        .ready=${this.model !== undefined}
        .waiting=${this.isWaiting}
        .queued=${this.queued}
        .running=${this.running}
        .cancelling=${this.cancelling}
        .live=${this.live}
        .draftSeconds=${this.draftSeconds}
        @order=${() => this.order()}
        @cancel-picture=${() => this.dispatchEvent(new Event('cancel-picture'))}
        @switch-live=${(event: CustomEvent<boolean>) =>
          this.dispatchEvent(new CustomEvent<boolean>('switch-live', { detail: event.detail }))}
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
          ...{ rows: 1, text: this.negative, tokens: this.negativeTokens },
          onInput: (text) => (this.negative = text),
        })}
      </div>
    `;
  }

  private renderSettings(): TemplateResult {
    return html`
      <div class="settings">
        <emulsion-styles-field
          .model=${this.model}
          .chosen=${this.styles}
          @change-styles=${(event: CustomEvent<readonly StyleTemplate[]>) => (this.styles = event.detail)}
        ></emulsion-styles-field>
        <emulsion-steps-field
          .model=${this.model}
          .steps=${this.steps}
          .atLeast=${this.restoredSteps}
          .guidance=${this.guidance}
          .strength=${this.strength}
          @change-steps=${(event: CustomEvent<number>) => (this.steps = event.detail)}
        ></emulsion-steps-field>
        <emulsion-size-field .model=${this.model} .refusals=${this.sizeRefusals}></emulsion-size-field>
        <emulsion-seed-field></emulsion-seed-field>
        <emulsion-variation-field
          ?hidden=${!this.variation}
          .variation=${this.variation}
          @change-variation=${(event: CustomEvent<Variation | null>) => (this.variation = event.detail)}
        ></emulsion-variation-field>
        <emulsion-init-image-field
          .least=${this.model?.sizeMultiple ?? 1}
          .steps=${this.steps}
          @change-strength=${(event: CustomEvent<number | null>) => (this.strength = event.detail)}
        ></emulsion-init-image-field>
        <emulsion-advanced-form
          .model=${this.model}
          .backend=${this.backend}
          .precision=${this.precision}
          .guidance=${this.guidance}
          .memory=${this.memory}
          .device=${this.device}
          @choose-precision=${(event: CustomEvent<Precision>) => (this.precision = event.detail)}
          @change-guidance=${(event: CustomEvent<GuidanceSettings>) => (this.guidance = event.detail)}
        ></emulsion-advanced-form>
      </div>
    `;
  }

  private get usesNegative(): boolean {
    return this.model !== undefined && isPaired(chosenGuidance(this.guidance, this.model));
  }

  private write(prompt: string): void {
    this.prompt = prompt;
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
