/** @file What a picture took: one line that unfolds to the course of memory, where the time went, and other figures. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { GenerateResult } from '../../engine/protocol/generate.ts';
import { figure } from '../../locale/figure.ts';
import { translate } from '../../locale/index.ts';
import { byteSize } from '../parts/byte-size.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { LocaleController } from '../parts/locale-controller.ts';
import './memory-graph.ts';
import type { MemoryHistory } from './memory-history.ts';

/** What is kept of a finished request. */
export interface Receipt extends Pick<
  GenerateResult,
  'precision' | 'gpu' | 'wasmHeapBytes' | 'ms' | 'timeline' | 'unetEvaluations' | 'lora'
> {
  /** Absent where memory was not counted. */
  readonly history: MemoryHistory | undefined;
}

@customElement('emulsion-picture-receipt')
export class EmulsionPictureReceipt extends LitElement {
  static override styles = [
    controlStyles,
    css`
      details {
        color: var(--text-muted);
        font-size: var(--text-small);
        font-variant-numeric: tabular-nums;
      }

      summary {
        min-height: 1.5rem;
        text-align: center;
        cursor: pointer;
      }

      .unfolded {
        display: grid;
        gap: var(--space-3);
        width: min(100%, 32rem);
        margin: var(--space-2) auto 0;
      }

      dl {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        gap: 2px var(--space-4);
        margin: 0;
      }

      dd {
        margin: 0;
        text-align: end;
      }
    `,
  ];

  @property({ attribute: false }) receipt!: Receipt;

  constructor() {
    super();
    new LocaleController(this);
  }

  protected override render(): TemplateResult {
    const { history } = this.receipt;
    return html`
      <details @toggle=${this.onToggle}>
        <summary>${this.line}</summary>
        <div class="unfolded">
          ${history ? html`<emulsion-memory-graph .history=${history}></emulsion-memory-graph>` : ''}
          <emulsion-picture-timeline .times=${this.receipt}></emulsion-picture-timeline>
          <dl>
            ${this.rows.map(
              ([term, value]) =>
                html`<dt>${term}</dt>
                  <dd>${value}</dd>`,
            )}
          </dl>
        </div>
      </details>
    `;
  }

  private get line(): string {
    const { gpu, wasmHeapBytes, ms } = this.receipt;
    const seconds = (ms.total / 1000).toFixed(1);
    if (gpu) {
      const memory = translate('peakOf', byteSize(gpu.peakBytes), byteSize(gpu.budgetBytes));
      return `${memory} · ${translate('uploaded', byteSize(gpu.uploadedBytes))} · ${translate('stages', gpu.stages)} · ${seconds} s`;
    }
    return wasmHeapBytes === null
      ? `${seconds} s`
      : `${translate('heap', byteSize(wasmHeapBytes))} · ${seconds} s`;
  }

  private get rows(): readonly [string, string][] {
    const { precision, gpu, wasmHeapBytes, ms, unetEvaluations, lora } = this.receipt;
    const steps = ms.steps.map((step) => (step / 1000).toFixed(2)).join(' · ');
    const heap: [string, string][] =
      wasmHeapBytes === null ? [] : [[translate('heapTerm'), byteSize(wasmHeapBytes)]];
    const resident: [string, string][] = gpu ? [[translate('staysOnGpu'), byteSize(gpu.idleBytes)]] : [];
    const rounded: [string, string][] = precision === 'f32' ? [] : [[translate('precision'), precision]];
    const loras = lora.map(({ name, weight }): [string, string] => [
      translate('loraUsed', name),
      `× ${figure(weight)}`,
    ]);
    return [
      ...rounded,
      ...loras,
      ...(ms.steps.length > 1 ? [[translate('receiptSteps'), `${steps} s`] as [string, string]] : []),
      [translate('receiptEvaluations'), String(unetEvaluations)],
      ...resident,
      ...heap,
    ];
  }

  /** The other figures do without it. */
  private readonly onToggle = (): void => void import('./picture-timeline.ts').catch(() => undefined);
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-picture-receipt': EmulsionPictureReceipt;
  }
}
