/** @file The page: the picture, the form that orders it, the model that paints it. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import type {
  BackendChoice,
  DeviceReport,
  Engine,
  GenerateRequest,
  ModelDescription,
  ModelReference,
  Notice,
} from '../engine/protocol.ts';
import { toPlainError, type PlainError } from '../error.ts';
import { translate } from '../locale/index.ts';
import { controlStyles } from './control-styles.ts';
import { defaultModel } from './default-model.ts';
import { deviceSentence } from './device-sentence.ts';
import './failure-message.ts';
import { Generation } from './generation.ts';
import { mark } from './icons.ts';
import './language-switch.ts';
import { LocaleController } from './locale-controller.ts';
import './model-panel.ts';
import './notice-list.ts';
import './picture-view.ts';
import './progress-strip.ts';
import './prompt-form.ts';
import type { PictureOrder } from './prompt-form.ts';
import { Shortcuts } from './shortcuts.ts';

const BACKENDS: readonly BackendChoice[] = ['auto', 'webgpu', 'wasm'];
/** Failures that may not happen again; after the others something has to be changed first. */
const REPEATABLE = /^(weights\/(not-found|unreachable)|gpu\/(device-lost|out-of-memory)|runtime\/|engine\/)/;

/** A model as the page holds it. */
interface OpenModel {
  readonly reference: ModelReference;
  readonly description: ModelDescription;
  /** Whether it came with the site. */
  readonly isEmbedded: boolean;
}

@customElement('emulsion-app')
export class EmulsionApp extends LitElement {
  static override styles = [
    controlStyles,
    css`
      :host {
        display: block;
        max-width: 88rem;
        margin: 0 auto;
        padding: var(--space-3) var(--space-4) var(--space-8);
      }

      header {
        display: flex;
        align-items: center;
        gap: var(--space-3);
        margin-bottom: var(--space-4);
      }

      h1 {
        display: flex;
        align-items: center;
        gap: var(--space-2);
        margin: 0;
        font-size: var(--text-large);
        font-weight: 650;
        letter-spacing: -0.01em;
      }

      .mark {
        width: 1.5rem;
        height: 1.5rem;
        stroke: var(--accent);
      }

      emulsion-language-switch {
        margin-inline-start: auto;
      }

      .tagline {
        color: var(--text-muted);
        font-size: var(--text-small);
      }

      main {
        display: grid;
        gap: var(--space-6);
      }

      .stage {
        display: grid;
        align-content: start;
        gap: var(--space-4);
        min-width: 0;
      }

      .progress {
        width: min(100%, 32rem);
        min-height: 2rem;
        margin: 0 auto;
      }

      .device {
        color: var(--text-muted);
        font-size: var(--text-small);
        text-align: center;
        overflow-wrap: anywhere;
      }

      .panel {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        align-content: start;
        gap: var(--space-4);
        min-width: 0;
      }

      emulsion-model-panel {
        padding-top: var(--space-4);
        border-top: 1px solid var(--line);
      }

      @media (max-width: 40rem) {
        .tagline {
          display: none;
        }
      }

      @media (min-width: 56rem) {
        :host {
          padding: var(--space-4) var(--space-8) var(--space-8);
        }

        main {
          grid-template-columns: minmax(0, 1fr) 23rem;
          gap: var(--space-8);
        }

        .stage {
          position: sticky;
          top: var(--space-4);
          align-self: start;
        }
      }
    `,
  ];

  /** Set before the element is connected. */
  @property({ attribute: false }) engine!: Engine;

  @state() private model: OpenModel | undefined;
  @state() private isOpening = false;
  @state() private device: DeviceReport | undefined;
  @state() private backend = backendFromAddress();
  @query('emulsion-prompt-form') private readonly form!: HTMLElementTagNameMap['emulsion-prompt-form'];
  @query('.stage') private readonly stage!: HTMLElement;

  private readonly generation = new Generation(this);
  /** What "Try again" does. */
  private retry: () => void = () => undefined;
  /** Counts openings, so that only the last one counts. */
  private openings = 0;

  constructor() {
    super();
    new LocaleController(this);
    new Shortcuts(this, { generate: () => this.form.order(), cancel: () => this.cancel() });
  }

  protected override firstUpdated(): void {
    void this.probe();
    void this.openEmbedded();
  }

  protected override render(): TemplateResult {
    const { run, picture, failure, notices } = this.generation;
    const description = this.model?.description;
    return html`
      <header>
        <h1>${mark}Emulsion</h1>
        <p class="tagline">${translate('tagline')}</p>
        <emulsion-language-switch></emulsion-language-switch>
      </header>
      <main>
        <section class="stage" aria-label=${translate('picture')}>
          <emulsion-picture-view .run=${run} .picture=${picture} .size=${description}></emulsion-picture-view>
          <emulsion-progress-strip class="progress" .run=${run} ?hidden=${!run}></emulsion-progress-strip>
          <p class="device">
            ${this.device ? `${translate('device')} ${deviceSentence(this.device, this.backend)}` : nothing}
          </p>
        </section>
        <section class="panel" aria-label=${translate('prompt')}>
          ${failure ? this.renderFailure(failure) : nothing}
          <div>
            <emulsion-notice-list
              .notices=${notices}
              @dismiss=${(event: CustomEvent<Notice>) => this.generation.dismiss(event.detail)}
            ></emulsion-notice-list>
            <emulsion-prompt-form
              .model=${description}
              .opening=${this.isOpening}
              .backend=${this.backend}
              .running=${run !== undefined}
              .cancelling=${run?.isCancelling ?? false}
              @order-picture=${(event: CustomEvent<PictureOrder>) => this.onOrder(event.detail)}
              @cancel-picture=${() => this.cancel()}
              @choose-backend=${(event: CustomEvent<BackendChoice>) => (this.backend = event.detail)}
            ></emulsion-prompt-form>
          </div>
          <emulsion-model-panel
            .model=${description}
            .opening=${this.isOpening}
            .embedded=${this.model?.isEmbedded ?? true}
            @open-folder=${(event: CustomEvent<readonly File[]>) => this.openFolder(event.detail)}
            @open-embedded=${() => this.openEmbedded()}
          ></emulsion-model-panel>
        </section>
      </main>
      <p class="visually-hidden" role="status">${this.outcomeSentence}</p>
    `;
  }

  private renderFailure(failure: PlainError): TemplateResult {
    return html`
      <emulsion-failure-message
        .failure=${failure}
        .repeatable=${!this.model || REPEATABLE.test(failure.code)}
        @try-again=${() => {
          this.generation.fail(undefined);
          this.retry();
        }}
        @dismiss=${() => this.generation.fail(undefined)}
      ></emulsion-failure-message>
    `;
  }

  private get outcomeSentence(): string {
    const { outcome, picture } = this.generation;
    if (outcome === 'ready' && picture) return translate('ready', picture.seconds.toFixed(1));
    return outcome === 'cancelled' ? translate('cancelled') : '';
  }

  private onOrder(order: PictureOrder): void {
    if (!this.model) return;
    const request: GenerateRequest = {
      ...order,
      model: this.model.reference,
      count: 1,
      guidance: 'auto',
      backend: this.backend,
      precision: 'f32',
      dump: false,
      previews: true,
    };
    this.retry = () => this.form.order();
    void this.generation.start(this.engine, request);
    this.stage.scrollIntoView({ block: 'nearest' });
  }

  private cancel(): void {
    this.form.withdraw();
    this.generation.cancel();
  }

  private async probe(): Promise<void> {
    try {
      this.device = await this.engine.probe();
    } catch (error) {
      this.retry = () => void this.probe();
      this.generation.fail(toPlainError(error));
    }
  }

  private async openEmbedded(): Promise<void> {
    await this.open(defaultModel, true);
  }

  private async openFolder(files: readonly File[]): Promise<void> {
    await this.open(() => Promise.resolve({ kind: 'files', files }), false);
  }

  /** Opens a model; when that fails, the one that was open stays. */
  private async open(refer: () => Promise<ModelReference>, isEmbedded: boolean): Promise<void> {
    const opening = ++this.openings;
    this.isOpening = true;
    this.generation.fail(undefined);
    try {
      const reference = await refer();
      const description = await this.engine.describe(reference);
      if (opening === this.openings) this.model = { reference, description, isEmbedded };
    } catch (error) {
      if (opening !== this.openings) return;
      this.retry = () => void this.open(refer, isEmbedded);
      this.generation.fail(toPlainError(error));
    } finally {
      if (opening === this.openings) this.isOpening = false;
    }
  }
}

/** `?backend=` presets the choice; anything else is automatic. */
function backendFromAddress(): BackendChoice {
  const asked = new URLSearchParams(location.search).get('backend');
  return BACKENDS.find((choice) => choice === asked) ?? 'auto';
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-app': EmulsionApp;
  }
}
