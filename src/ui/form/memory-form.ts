/** @file The settings of memory: budgets, how the picture is decoded, and how long weights stay on the GPU. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { DeviceReport } from '../../engine/device-report.ts';
import type { VaeMode } from '../../engine/protocol/generate.ts';
import { translate } from '../../locale/index.ts';
import { byteSize, MEBIBYTE } from '../parts/byte-size.ts';
import { choiceField, fieldStyles } from '../parts/choice-field.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { LocaleController } from '../parts/locale-controller.ts';
import {
  BUDGET_RANGE,
  budgetBytes,
  changeSetting,
  TILE_RANGE,
  type MemorySettings,
} from '../settings/memory-settings.ts';

type BudgetName = 'gpuBudgetBytes' | 'ramBudgetBytes';

/** What a budget begins with where the engine's own is not known. */
const FIRST_BUDGET = 2048 * MEBIBYTE;
const DEFAULT_TILE = 64;
/** On offer for the time until weights leave the GPU, in seconds. */
const IDLE_CHOICES = [0, 60, 300, 1800];

/** @fires change-memory - `CustomEvent<MemorySettings>`, bubbles */
@customElement('emulsion-memory-form')
export class EmulsionMemoryForm extends LitElement {
  static override styles = [
    controlStyles,
    fieldStyles,
    css`
      .automatic,
      .amount {
        display: flex;
        align-items: center;
        gap: var(--space-2);
      }

      .automatic {
        min-height: 1.5rem;
        cursor: pointer;
      }

      .amount input[type='number'] {
        width: 7rem;
        flex: none;
        font-variant-numeric: tabular-nums;
      }
    `,
  ];

  @property({ attribute: false }) settings: MemorySettings = {};
  /** Tells what is used when nothing is asked for. */
  @property({ attribute: false }) device: DeviceReport | undefined;

  constructor() {
    super();
    new LocaleController(this);
  }

  protected override render(): TemplateResult {
    return html`
      ${this.renderBudget('gpuBudgetBytes', translate('gpuBudget'), this.device?.defaultGpuBudgetBytes ?? undefined)}
      ${this.renderBudget('ramBudgetBytes', translate('ramBudget'), this.device?.defaultRamBudgetBytes)}
      ${this.renderVae()} ${this.renderIdle()}
    `;
  }

  private renderBudget(name: BudgetName, label: string, automatic: number | undefined): TemplateResult {
    const bytes = this.settings[name];
    const mebibytes = String(Math.round((bytes ?? automatic ?? FIRST_BUDGET) / MEBIBYTE));
    const { min, max, step } = BUDGET_RANGE;
    const onInput = (event: Event): void => {
      const asked = budgetBytes((event.target as HTMLInputElement).valueAsNumber);
      if (asked !== undefined) this.change(name, asked);
    };
    return html`
      <div class="field">
        <div class="head">
          <label for=${name}>${label}</label>
          <label class="automatic">
            <input
              type="checkbox"
              .checked=${bytes === undefined}
              aria-label=${translate('automaticFor', label)}
              @change=${(event: Event) =>
                this.change(
                  name,
                  (event.target as HTMLInputElement).checked ? undefined : Number(mebibytes) * MEBIBYTE,
                )}
            />
            ${translate('backendAuto')}
          </label>
        </div>
        ${
          bytes === undefined
            ? html`<p class="hint">
                ${automatic === undefined ? translate('budgetByRule') : translate('budgetAutomatic', byteSize(automatic))}
              </p>`
            : html`
                <div class="amount">
                  <input
                    type="range"
                    min=${min}
                    max=${max}
                    step=${step}
                    .value=${mebibytes}
                    aria-label=${label}
                    aria-valuetext=${byteSize(bytes)}
                    @input=${onInput}
                  />
                  <input
                    id=${name}
                    type="number"
                    min=${min}
                    max=${max}
                    step="1"
                    .value=${mebibytes}
                    @input=${onInput}
                    @change=${() => this.requestUpdate()}
                  />
                  <span aria-hidden="true">MB</span>
                </div>
              `
        }
      </div>
    `;
  }

  private renderVae(): TemplateResult {
    const { vae, vaeTile } = this.settings;
    const field = choiceField<VaeMode | undefined>({
      id: 'vae',
      label: translate('vae'),
      choices: [
        [undefined, translate('vaeAuto')],
        ['full', translate('vaeFull')],
        ['tiled', translate('vaeTiled')],
        ['tiny', translate('vaeTiny')],
      ],
      chosen: vae,
      onChoose: (mode) => {
        const tile = mode === 'tiled' ? vaeTile : undefined;
        this.emit(changeSetting(changeSetting(this.settings, 'vae', mode), 'vaeTile', tile));
      },
    });
    return html` ${field} ${vae === 'tiled' ? this.renderTile(vaeTile) : nothing} `;
  }

  private renderTile(tile: number | undefined): TemplateResult {
    const { min, max, step } = TILE_RANGE;
    return html`
      <div class="field">
        <div class="head">
          <label for="tile">${translate('vaeTile')}</label>
          <label class="automatic">
            <input
              type="checkbox"
              .checked=${tile === undefined}
              aria-label=${translate('automaticFor', translate('vaeTile'))}
              @change=${(event: Event) =>
                this.change('vaeTile', (event.target as HTMLInputElement).checked ? undefined : DEFAULT_TILE)}
            />
            ${translate('backendAuto')}
          </label>
        </div>
        ${
          tile === undefined
            ? nothing
            : html`<input
                id="tile"
                type="range"
                min=${min}
                max=${max}
                step=${step}
                .value=${String(tile)}
                aria-valuetext=${translate('latents', tile)}
                @input=${(event: Event) => this.change('vaeTile', (event.target as HTMLInputElement).valueAsNumber)}
              />`
        }
        <p class="hint">${tile === undefined ? translate('tileByModel') : translate('latents', tile)}</p>
      </div>
    `;
  }

  private renderIdle(): TemplateResult {
    return choiceField<number | undefined>({
      id: 'idle',
      label: translate('idle'),
      choices: [
        [undefined, translate('backendAuto')],
        ...IDLE_CHOICES.map((seconds): [number, string] => [
          seconds,
          seconds === 0 ? translate('idleAtOnce') : translate('idleMinutes', seconds / 60),
        ]),
      ],
      chosen: this.settings.idleSeconds,
      onChoose: (seconds) => this.change('idleSeconds', seconds),
    });
  }

  private change<K extends keyof MemorySettings>(name: K, value: MemorySettings[K]): void {
    this.emit(changeSetting(this.settings, name, value));
  }

  private emit(detail: MemorySettings): void {
    this.dispatchEvent(
      new CustomEvent<MemorySettings>('change-memory', { detail, bubbles: true, composed: true }),
    );
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-memory-form': EmulsionMemoryForm;
  }
}
