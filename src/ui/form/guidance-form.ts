/** @file How the steps are taken: the sampler, the way of guidance, its scale, how much of its contrast stays, and clip skip. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { GenerateRequest } from '../../engine/protocol/generate.ts';
import type { ModelDescription } from '../../engine/protocol/model.ts';
import { GUIDANCE_MODES, pairedSteps, type GuidanceMode } from '../../latents/guidance-modes.ts';
import { isTurbo, SAMPLERS, type SamplerName } from '../../latents/sampler-names.ts';
import { translate } from '../../locale/index.ts';
import { choiceField, fieldStyles } from '../parts/choice-field.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { LocaleController } from '../parts/locale-controller.ts';
import type { PictureSettings } from '../settings/picture-settings.ts';

/** Choices for pictures with one model. */
export type GuidanceSettings = Pick<
  GenerateRequest,
  'guidance' | 'guidanceScale' | 'guidanceRescale' | 'clipSkip' | 'sampler'
>;

/** The most that the scale goes up to, unless a picture was painted with more. */
const USUAL_SCALE = 15;

/** The way of guidance that these settings come to. */
export function chosenGuidance({ guidance }: GuidanceSettings, model: ModelDescription): GuidanceMode {
  return guidance === 'auto' ? model.guidance : guidance;
}

/** Whether any step evaluates the model without the prompt, or with the negative one. */
export function isPaired(mode: GuidanceMode): boolean {
  return pairedSteps(mode, 1) > 0;
}

/** Whether there is a scale of guidance to choose: what lies in the weights is fixed, and so is Turbo's. */
function hasScale(settings: GuidanceSettings, model: ModelDescription): boolean {
  const { sampler = model.sampler } = settings;
  return !isTurbo(sampler) && (model.takesGuidanceScale || isPaired(chosenGuidance(settings, model)));
}

/** The scale that guidance comes to. */
export function guidanceScaleOf(settings: GuidanceSettings, model: ModelDescription): number {
  const { guidanceScale = model.guidanceScale } = settings;
  return hasScale(settings, model) ? guidanceScale : model.guidanceScale;
}

/** What a picture is ordered with: a scale that the form does not show acts on nothing. */
export function orderedGuidance(settings: GuidanceSettings, model: ModelDescription): GuidanceSettings {
  const mode = chosenGuidance(settings, model);
  const { guidanceScale, guidanceRescale, ...others } = settings;
  return {
    ...others,
    ...(guidanceScale !== undefined && hasScale(settings, model) && { guidanceScale }),
    ...(isPaired(mode) && guidanceRescale !== undefined && { guidanceRescale }),
  };
}

type PaintedWith = Partial<
  Pick<PictureSettings, 'samplers' | 'guidance' | 'guidanceScale' | 'guidanceRescale' | 'clipSkip'>
>;

/** The choices that come closest to how a picture was painted; what the model does anyway is left to it. */
export function restoredGuidance(
  { samplers = [], guidance, guidanceScale, guidanceRescale, clipSkip = 0 }: PaintedWith,
  model: ModelDescription | undefined,
): GuidanceSettings {
  const isChoice = guidance !== undefined && guidance !== 'distilled' && model?.guidance !== 'distilled';
  const [sampler] = model && samplers.includes(model.sampler) ? [] : samplers;
  const skipped = Math.min(clipSkip, model?.mostClipSkip ?? clipSkip);
  const isScaled =
    guidance !== 'off' && guidanceScale !== undefined && guidanceScale !== model?.guidanceScale;
  return {
    guidance: isChoice && guidance !== model?.guidance ? guidance : 'auto',
    ...(sampler && { sampler }),
    ...(isScaled && { guidanceScale }),
    ...(guidanceRescale && { guidanceRescale }),
    ...(skipped > 0 && { clipSkip: skipped }),
  };
}

/** The choices as they can be written down, so that {@link restoredGuidance} finds them again with another model. */
export function writtenGuidance(
  settings: GuidanceSettings,
  model: ModelDescription | undefined,
): Required<PaintedWith> {
  const { sampler = model?.sampler, guidanceScale, guidanceRescale, clipSkip } = settings;
  return {
    samplers: sampler ? [sampler] : [],
    guidance: model && chosenGuidance(settings, model),
    guidanceScale: model ? guidanceScaleOf(settings, model) : guidanceScale,
    guidanceRescale,
    clipSkip: clipSkip ?? 0,
  };
}

/** What of that the model cannot do. */
export function unmetGuidance(settings: PaintedWith, model: ModelDescription | undefined): string[] {
  if (!model) return [];
  const { guidance, guidanceScale, clipSkip = 0 } = settings;
  const isScaled = guidance !== 'off' && guidanceScale !== undefined;
  const scale = guidanceScaleOf(restoredGuidance(settings, model), model);
  const isOther = guidance !== undefined && guidance !== model.guidance;
  const isFixed = guidance === 'distilled' || model.guidance === 'distilled';
  return [
    ...(isOther && isFixed ? [`Guidance: ${guidance}`] : []),
    ...(isScaled && guidanceScale !== scale ? [`CFG scale: ${guidanceScale}`] : []),
    ...(clipSkip > model.mostClipSkip ? [`Clip skip: ${clipSkip}`] : []),
  ];
}

/** @fires change-guidance - `CustomEvent<GuidanceSettings>`, bubbles */
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
    const guidanceScale = guidanceScaleOf(this.settings, this.model);
    const mode = chosenGuidance(this.settings, this.model);
    return html`
      ${this.renderSampler()} ${this.model.guidance === 'distilled' ? nothing : this.renderMode()}
      ${
        hasScale(this.settings, this.model)
          ? this.renderRange(
              'guidanceScale',
              translate('guidanceScale'),
              guidanceScale,
              Math.max(USUAL_SCALE, guidanceScale),
              0.1,
            )
          : nothing
      }
      ${
        isPaired(mode)
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

  private renderSampler(): TemplateResult {
    return choiceField<SamplerName | 'auto'>({
      id: 'sampler',
      label: translate('sampler'),
      choices: [['auto', translate('samplerAuto')], ...SAMPLERS.map((name) => [name, name] as const)],
      chosen: this.settings.sampler ?? 'auto',
      onChoose: (choice) => this.chooseSampler(choice === 'auto' ? undefined : choice),
    });
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
    name: 'guidanceScale' | 'guidanceRescale' | 'clipSkip',
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
    this.tell({ ...this.settings, [name]: value });
  }

  /** No choice is none: it leaves nothing to order. */
  private chooseSampler(sampler: SamplerName | undefined): void {
    const others = Object.entries(this.settings).filter(([name]) => name !== 'sampler');
    this.tell({ ...(Object.fromEntries(others) as GuidanceSettings), ...(sampler && { sampler }) });
  }

  private tell(detail: GuidanceSettings): void {
    this.dispatchEvent(
      new CustomEvent<GuidanceSettings>('change-guidance', { detail, bubbles: true, composed: true }),
    );
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-guidance-form': EmulsionGuidanceForm;
  }
}
