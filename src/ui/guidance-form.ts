/** @file How closely the prompt is followed: the way of guidance, how much of its contrast stays, and clip skip. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { GenerateRequest } from '../engine/protocol/generate.ts';
import type { ModelDescription } from '../engine/protocol/model.ts';
import { GUIDANCE_MODES, pairedSteps, type GuidanceMode } from '../latents/guidance-modes.ts';
import { translate } from '../locale/index.ts';
import { choiceField, fieldStyles } from './choice-field.ts';
import { controlStyles } from './control-styles.ts';
import { LocaleController } from './locale-controller.ts';

/** Choices for pictures with one model. */
export type GuidanceSettings = Pick<GenerateRequest, 'guidance' | 'guidanceRescale' | 'clipSkip'>;

/** The way of guidance that these settings come to. */
export function chosenGuidance({ guidance }: GuidanceSettings, model: ModelDescription): GuidanceMode {
  return guidance === 'auto' ? model.guidance : guidance;
}

/** Whether any step evaluates the model without the prompt, or with the negative one. */
export function isPaired(mode: GuidanceMode): boolean {
  return pairedSteps(mode, 1) > 0;
}

/** What a picture is ordered with: a rescale that the form does not show acts on nothing. */
export function orderedGuidance(settings: GuidanceSettings, model: ModelDescription): GuidanceSettings {
  if (isPaired(chosenGuidance(settings, model))) return settings;
  const { guidance, clipSkip } = settings;
  return { guidance, ...(clipSkip !== undefined && { clipSkip }) };
}

/** @fires change-guidance - `CustomEvent<GuidanceSettings>` */
@customElement('emulsion-guidance-form')
export class EmulsionGuidanceForm extends LitElement {
  static override styles = [
    controlStyles,
    fieldStyles,
    css`
      output {
        font-variant-numeric: tabular-nums;
      }
    `,
  ];

  @property({ attribute: false }) model!: ModelDescription;
  @property({ attribute: false }) settings: GuidanceSettings = { guidance: 'auto' };

  constructor() {
    super();
    new LocaleController(this);
  }

  protected override render(): TemplateResult {
    const { guidanceRescale = 0, clipSkip = 0 } = this.settings;
    return html`
      ${this.model.guidance === 'distilled' ? nothing : this.renderMode()}
      ${
        isPaired(chosenGuidance(this.settings, this.model))
          ? this.renderRange('guidanceRescale', translate('guidanceRescale'), guidanceRescale, 1, 0.05)
          : nothing
      }
      ${
        this.model.mostClipSkip > 0
          ? this.renderRange('clipSkip', translate('clipSkip'), clipSkip, this.model.mostClipSkip, 1)
          : nothing
      }
    `;
  }

  /** Guidance that lies in a model cannot be chosen, and is in no other. */
  private renderMode(): TemplateResult {
    const choices = ['auto', ...GUIDANCE_MODES.filter((mode) => mode !== 'distilled')] as const;
    return choiceField<GuidanceSettings['guidance']>({
      id: 'guidance',
      label: translate('guidance'),
      choices: choices.map((choice) => [choice, translate(`guidance.${choice}`)]),
      chosen: this.settings.guidance,
      onChoose: (choice) => this.change('guidance', choice),
    });
  }

  private renderRange(
    name: 'guidanceRescale' | 'clipSkip',
    label: string,
    value: number,
    max: number,
    step: number,
  ): TemplateResult {
    return html`
      <div class="field">
        <div class="head">
          <label for=${name}>${label}</label>
          <output for=${name}>${value}</output>
        </div>
        <input
          id=${name}
          type="range"
          min="0"
          max=${max}
          step=${step}
          .value=${String(value)}
          @input=${(event: Event) => this.change(name, (event.target as HTMLInputElement).valueAsNumber)}
        />
      </div>
    `;
  }

  private change<K extends keyof GuidanceSettings>(name: K, value: GuidanceSettings[K]): void {
    const detail: GuidanceSettings = { ...this.settings, [name]: value };
    this.dispatchEvent(new CustomEvent<GuidanceSettings>('change-guidance', { detail }));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-guidance-form': EmulsionGuidanceForm;
  }
}
