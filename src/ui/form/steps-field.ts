/** @file In how many steps a picture is painted, and what they cost. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { ModelDescription } from '../../engine/protocol/model.ts';
import { pairedSteps } from '../../latents/guidance-modes.ts';
import { translate } from '../../locale/index.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { LocaleController } from '../parts/locale-controller.ts';
import { chosenGuidance, guidanceScaleOf, type GuidanceSettings } from './guidance-form.ts';
import { stepsFrom } from './init-image-strength.ts';

/** Turbo models take one to eight steps; a model that asks for more itself gets a longer scale. */
const TURBO_STEPS = 8;

/** @fires change-steps - `CustomEvent<number>` */
@customElement('emulsion-steps-field')
export class EmulsionStepsField extends LitElement {
  static override styles = [
    controlStyles,
    css`
      :host {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: var(--space-1);
        min-width: 0;
      }

      .head {
        display: flex;
        align-items: center;
        justify-content: space-between;
      }

      output {
        font-variant-numeric: tabular-nums;
      }
    `,
  ];

  @property({ attribute: false }) model: ModelDescription | undefined;
  @property({ type: Number }) steps = 1;
  /** What the scale goes up to at least: a picture may have taken more steps than it has. */
  @property({ type: Number }) atLeast = 0;
  @property({ attribute: false }) guidance: GuidanceSettings = { guidance: 'auto' };
  /** Of a picture that is begun from, how much of it is to go; `null` without one. */
  @property({ attribute: false }) strength: number | null = null;

  constructor() {
    super();
    new LocaleController(this);
  }

  protected override render(): TemplateResult {
    return html`
      <div class="head">
        <label for="steps">${translate('steps')}</label>
        <output for="steps">${this.steps}</output>
      </div>
      <input
        id="steps"
        type="range"
        min="1"
        max=${Math.max(TURBO_STEPS, this.model?.steps ?? 0, this.atLeast)}
        .value=${String(this.steps)}
        aria-describedby="cost"
        @input=${this.onInput}
      />
      <p id="cost" class="hint">${this.cost}</p>
    `;
  }

  /** How the picture is guided, and how often the UNet is evaluated for it. */
  private get cost(): string {
    const { model, guidance } = this;
    if (!model) return '';
    const mode = chosenGuidance(guidance, model);
    const steps = stepsFrom(this.steps, this.strength);
    const way = translate(`guidedBy.${mode}`, guidanceScaleOf(guidance, model));
    return translate('guidanceCost', way, steps + pairedSteps(mode, steps));
  }

  private readonly onInput = (event: Event): void => {
    const detail = (event.target as HTMLInputElement).valueAsNumber;
    this.dispatchEvent(new CustomEvent<number>('change-steps', { detail }));
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-steps-field': EmulsionStepsField;
  }
}
