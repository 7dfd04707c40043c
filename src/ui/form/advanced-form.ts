/** @file What most pictures do without: where and how exactly they are computed, guidance, memory, settings of a picture. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { DeviceReport } from '../../engine/device-report.ts';
import { PRECISIONS, type Precision } from '../../engine/precisions.ts';
import type { BackendChoice } from '../../engine/protocol/generate.ts';
import type { ModelDescription } from '../../engine/protocol/model.ts';
import { translate } from '../../locale/index.ts';
import { choiceField } from '../parts/choice-field.ts';
import { controlStyles, disclosureStyles } from '../parts/control-styles.ts';
import { LocaleController } from '../parts/locale-controller.ts';
import type { MemorySettings } from '../settings/memory-settings.ts';
import type { GuidanceSettings } from './guidance-form.ts';
import './memory-form.ts';
import './picture-picker.ts';

/**
 * @fires choose-backend - `CustomEvent<BackendChoice>`, bubbles
 * @fires choose-precision - `CustomEvent<Precision>`, bubbles
 * @fires change-guidance - `CustomEvent<GuidanceSettings>`, bubbles
 * @fires change-memory - `CustomEvent<MemorySettings>`, bubbles
 * @fires pick-picture - `CustomEvent<File>`, bubbles: a picture whose settings are to be taken over
 */
@customElement('emulsion-advanced-form')
export class EmulsionAdvancedForm extends LitElement {
  static override styles = [
    controlStyles,
    disclosureStyles,
    css`
      :host {
        display: block;
        min-width: 0;
      }

      details > :not(summary) {
        margin-top: var(--space-3);
      }
    `,
  ];

  @property({ attribute: false }) model: ModelDescription | undefined;
  @property() backend: BackendChoice = 'auto';
  @property() precision: Precision = 'f32';
  @property({ attribute: false }) guidance: GuidanceSettings = { guidance: 'auto' };
  @property({ attribute: false }) memory: MemorySettings = {};
  @property({ attribute: false }) device: DeviceReport | undefined;

  constructor() {
    super();
    new LocaleController(this);
  }

  protected override render(): TemplateResult {
    return html`
      <details>
        <summary>${translate('advanced')}</summary>
        ${this.renderBackend()} ${this.renderPrecision()} ${this.renderGuidance()}
        <emulsion-memory-form .settings=${this.memory} .device=${this.device}></emulsion-memory-form>
        <emulsion-picture-picker></emulsion-picture-picker>
      </details>
    `;
  }

  private renderBackend(): TemplateResult {
    return choiceField<BackendChoice>({
      id: 'backend',
      label: translate('backend'),
      choices: [
        ['auto', translate('backendAuto')],
        ['webgpu', 'WebGPU'],
        ['wasm', 'WASM'],
      ],
      chosen: this.backend,
      onChoose: (detail) => this.tell('choose-backend', detail),
    });
  }

  private renderPrecision(): TemplateResult {
    return choiceField<Precision>({
      id: 'precision',
      label: translate('precision'),
      choices: PRECISIONS.map((choice) => [choice, choice === 'f16' ? translate('precisionF16') : choice]),
      chosen: this.precision,
      onChoose: (detail) => this.tell('choose-precision', detail),
    });
  }

  private renderGuidance(): TemplateResult | typeof nothing {
    if (!this.model) return nothing;
    return html`<emulsion-guidance-form
      .model=${this.model}
      .settings=${this.guidance}
    ></emulsion-guidance-form>`;
  }

  private tell(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-advanced-form': EmulsionAdvancedForm;
  }
}
