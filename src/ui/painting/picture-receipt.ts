/**
 * @file What a picture took: one line that unfolds to the course of memory, where the time went, and other figures. While one
 * is painted, what is in use.
 */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { figure } from '../../locale/figure.ts';
import { translate } from '../../locale/index.ts';
import { byteSize } from '../parts/byte-size.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { LocaleController } from '../parts/locale-controller.ts';
import type { Run } from './generation.ts';
import './memory-graph.ts';
import type { MemoryHistory } from './memory-history.ts';
import type { Receipt } from './receipt.ts';

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

      .unfolded,
      .figures {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: var(--space-3);
      }

      .unfolded {
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

  /** Of the picture finished last. */
  @property({ attribute: false }) receipt: Receipt | undefined;
  /** The order that is being painted. */
  @property({ attribute: false }) run: Run | undefined;

  constructor() {
    super();
    new LocaleController(this);
  }

  protected override render(): TemplateResult {
    const { run, receipt } = this;
    const history = run?.memory ?? receipt?.history;
    return html`
      <details @toggle=${this.onToggle}>
        <summary>${this.line}</summary>
        <div class="unfolded">
          ${
            history
              ? html`<emulsion-memory-graph
                  .history=${history}
                  .stage=${run ? (run.progress?.stage ?? '') : undefined}
                ></emulsion-memory-graph>`
              : nothing
          }
          ${receipt ? this.renderFigures(receipt) : nothing}
        </div>
      </details>
    `;
  }

  /** Of a picture that is being painted over they only keep their place. */
  private renderFigures(receipt: Receipt): TemplateResult {
    return html`
      <div class="figures" style=${this.run ? 'visibility: hidden' : ''}>
        <emulsion-picture-timeline .times=${receipt}></emulsion-picture-timeline>
        <dl>
          ${rowsOf(receipt).map(
            ([term, value]) =>
              html`<dt>${term}</dt>
                <dd>${value}</dd>`,
          )}
        </dl>
      </div>
    `;
  }

  /** The other figures do without it. */
  private readonly onToggle = (): void => void import('./picture-timeline.ts').catch(() => undefined);

  private get line(): string {
    const { run, receipt } = this;
    if (run) return run.memory ? memoryLine(run.memory) : translate('receiptTitle');
    return receipt ? takenLine(receipt) : translate('receiptTitle');
  }
}

function memoryLine({ latest }: MemoryHistory): string {
  const { liveBytes, peakBytes, budgetBytes } = latest;
  const now = translate('memoryNow', byteSize(liveBytes), byteSize(peakBytes));
  return `${now} · ${translate('budgetAt', byteSize(budgetBytes))}`;
}

function takenLine({ gpu, wasmHeapBytes, ms }: Receipt): string {
  const seconds = (ms.total / 1000).toFixed(1);
  if (gpu) {
    const memory = translate('peakOf', byteSize(gpu.peakBytes), byteSize(gpu.budgetBytes));
    return `${memory} · ${translate('uploaded', byteSize(gpu.uploadedBytes))} · ${translate('stages', gpu.stages)} · ${seconds} s`;
  }
  return wasmHeapBytes === null
    ? `${seconds} s`
    : `${translate('heap', byteSize(wasmHeapBytes))} · ${seconds} s`;
}

function rowsOf({
  precision,
  gpu,
  wasmHeapBytes,
  ms,
  unetEvaluations,
  lora,
}: Receipt): readonly [string, string][] {
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

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-picture-receipt': EmulsionPictureReceipt;
  }
}
