/** @file One model of the list: what it is, how it stands with it, and what can be done with it. */
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { withFiles } from '../../engine/model-source.ts';
import type { ModelReference } from '../../engine/protocol/model.ts';
import { errorSentence, translate } from '../../locale/index.ts';
import { byteSize } from '../parts/byte-size.ts';
import { cardActions, needsRepair, type CardAction } from './card-actions.ts';
import { entryReference } from './catalog.ts';
import { cardTroubleStyles } from '../parts/card-styles.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { renderReport } from './damage-report.ts';
import '../parts/file-pickers.ts';
import { LocaleController } from '../parts/locale-controller.ts';
import type { ModelLibrary } from './model-library.ts';
import type { ModelRow } from './model-rows.ts';
import { mendedSentence, roundingSentence } from './model-sentences.ts';
import './transfer-progress.ts';

const ACTION_TEXTS = {
  use: 'modelUse',
  'use-once': 'useOnce',
  offer: 'modelAdd',
  resume: 'resume',
  repair: 'repair',
  verify: 'verify',
  pause: 'pause',
  cancel: 'cancel',
  'cancel-and-delete': 'cancelAndDelete',
  delete: 'delete',
  dismiss: 'dismiss',
} as const satisfies Record<CardAction, string>;
const MAIN_ACTIONS: ReadonlySet<CardAction> = new Set(['use', 'resume', 'repair']);

/**
 * Acts on the library itself; what concerns the page is told.
 * @fires use-model - the user wants to paint with this model
 * @fires use-model-once - the same from where it would have come, without storing it
 * @fires offer-model - the user wants to know what adding it would mean
 */
@customElement('emulsion-model-card')
export class EmulsionModelCard extends LitElement {
  static override styles = [
    controlStyles,
    cardTroubleStyles,
    css`
      article {
        display: grid;
        gap: var(--space-2);
        padding: var(--space-3) 0;
      }

      .head,
      .actions,
      .facts {
        display: flex;
        flex-wrap: wrap;
        align-items: baseline;
        gap: 0 var(--space-2);
      }

      .actions {
        gap: var(--space-2);
      }

      h4 {
        flex: 1 1 12rem;
        margin: 0;
        font-size: inherit;
        font-weight: 600;
        overflow-wrap: anywhere;
      }

      .badge {
        color: var(--accent);
        font-size: var(--text-small);
        font-weight: 600;
      }

      .facts {
        color: var(--text-muted);
        font-size: var(--text-small);
        overflow-wrap: anywhere;
      }

      .facts > span + span::before {
        content: '·';
        margin-inline-end: var(--space-2);
      }

      .facts .mark {
        padding: 0 var(--space-2);
        border: 1px solid var(--line-strong);
        border-radius: 1rem;
      }

      .source {
        color: var(--text-muted);
        font-size: var(--text-small);
        overflow-wrap: anywhere;
      }

      button.main {
        border-color: var(--accent);
        background: var(--accent-soft);
        font-weight: 600;
      }

      a {
        color: inherit;
      }

      button {
        min-height: 2.25rem;
        font-size: var(--text-small);
      }

      ul {
        margin: 0;
        padding-inline-start: var(--space-4);
        overflow-wrap: anywhere;
      }
    `,
  ];

  @property({ attribute: false }) row!: ModelRow;
  @property({ attribute: false }) library!: ModelLibrary;
  /** Whether the page paints with it. */
  @property({ type: Boolean }) used = false;

  @state() private isAsking = false;
  @query('.confirm') private readonly confirmButton!: HTMLButtonElement | null;

  constructor() {
    super();
    new LocaleController(this);
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has('isAsking') && this.isAsking) this.confirmButton?.focus();
  }

  protected override render(): TemplateResult {
    const { name } = this.row;
    return html`
      <article aria-label=${name}>
        <div class="head">
          <h4>${name}</h4>
          ${this.used ? html`<span class="badge">${translate('modelInUse')}</span>` : nothing}
        </div>
        ${this.renderFacts()} ${this.renderStanding()} ${this.renderActions()}
      </article>
    `;
  }

  private renderFacts(): TemplateResult {
    const { byteLength, licence, source, entry, isEmbedded, stored } = this.row;
    return html`
      <div>
        <div class="facts">
          ${byteLength === undefined ? nothing : html`<span>${byteSize(byteLength)}</span>`}
          ${
            licence
              ? html`<span
                  >${
                    licence.url === undefined
                      ? licence.name
                      : html`<a href=${licence.url} target="_blank" rel="noreferrer">${licence.name}</a>`
                  }</span
                >`
              : nothing
          }
          ${
            entry && !entry.isVerified && !stored
              ? html`<small class="mark" title=${translate('unverifiedHint')}
                  >${translate('unverified')}</small
                >`
              : nothing
          }
        </div>
        <p class="source">${isEmbedded ? translate('modelEmbedded') : source}</p>
      </div>
      ${stored?.rounding ? html`<p class="hint">${roundingSentence(stored.rounding)}</p>` : nothing}
    `;
  }

  /** What goes on with it, or went wrong. */
  private renderStanding(): TemplateResult | typeof nothing {
    const { work, elsewhere, stored, report } = this.row;
    const progress = work?.progress ?? elsewhere;
    if (work?.state === 'running' || elsewhere) {
      const label =
        elsewhere || progress?.elsewhere === true
          ? translate('importElsewhere')
          : translate(
              work?.task === 'verify' ? 'verifying' : work?.task === 'repair' ? 'repairing' : 'importing',
            );
      return html`
        <emulsion-transfer-progress
          .label=${label}
          .doneBytes=${progress?.doneBytes ?? 0}
          .totalBytes=${progress?.totalBytes ?? 0}
          .bytesPerSecond=${progress?.bytesPerSecond}
          .secondsLeft=${progress?.secondsLeft}
        ></emulsion-transfer-progress>
        ${progress?.mended ? html`<p class="hint">${mendedSentence(progress.mended)}</p>` : nothing}
      `;
    }
    if (work?.failure) {
      return html`<div class="trouble" role="alert"><p>${errorSentence(work.failure)}</p></div>`;
    }
    if (stored?.state === 'incomplete' || work?.state === 'paused') {
      return html`
        <emulsion-transfer-progress
          still
          .label=${translate('importPaused')}
          .doneBytes=${stored?.storedBytes ?? progress?.doneBytes ?? 0}
          .totalBytes=${stored?.byteLength ?? progress?.totalBytes ?? 1}
        ></emulsion-transfer-progress>
      `;
    }
    if (report) return html`<div class=${needsRepair(report) ? 'trouble' : ''}>${renderReport(report)}</div>`;
    if (stored?.state === 'damaged') {
      return html`<div class="trouble"><p>${translate('modelDamaged')}</p></div>`;
    }
    return nothing;
  }

  private renderActions(): TemplateResult {
    if (this.isAsking) return this.renderQuestion();
    const { name, source } = this.row;
    const { actions, filesFor } = cardActions(this.row, this.used);
    return html`
      <div class="actions" ?hidden=${actions.length === 0}>
        ${actions.map((action) => this.renderAction(action))}
      </div>
      ${
        filesFor
          ? html`
              <p class="hint">${translate('filesNeeded', source ?? name)}</p>
              <emulsion-file-pickers
                @pick-files=${(event: CustomEvent<readonly File[]>) => this.giveFiles(event.detail, filesFor)}
              ></emulsion-file-pickers>
            `
          : nothing
      }
    `;
  }

  private renderAction(action: CardAction): TemplateResult {
    const text = translate(ACTION_TEXTS[action]);
    return html`
      <button
        type="button"
        class=${MAIN_ACTIONS.has(action) ? 'main' : ''}
        aria-label=${translate('actionOn', text, this.row.name)}
        @click=${() => this.act(action)}
      >
        ${text}
      </button>
    `;
  }

  private act(action: CardAction): void {
    const { id, name } = this.row;
    switch (action) {
      case 'use':
      case 'offer':
        this.dispatchEvent(new Event(`${action}-model`));
        break;
      case 'use-once':
        this.dispatchEvent(new Event('use-model-once'));
        break;
      case 'resume':
        this.resume();
        break;
      case 'repair':
        void this.library.repair(id, name);
        break;
      case 'verify':
        void this.library.verify(id, name);
        break;
      case 'pause':
      case 'cancel':
        this.library.pause(id);
        break;
      case 'cancel-and-delete':
        void this.library.remove(id, name);
        break;
      case 'dismiss':
        this.library.dismiss(id);
        break;
      case 'delete':
        this.isAsking = true;
    }
  }

  private renderQuestion(): TemplateResult {
    const { id, name, stored } = this.row;
    return html`
      <div class="trouble" role="group" aria-label=${translate('delete')}>
        <p>${translate('deleteQuestion', name, byteSize(stored?.ownBytes ?? 0))}</p>
        <div class="actions">
          <button
            type="button"
            class="primary confirm"
            @click=${() => {
              this.isAsking = false;
              void this.library.remove(id, name);
            }}
          >
            ${translate('delete')}
          </button>
          <button type="button" @click=${() => (this.isAsking = false)}>${translate('keepIt')}</button>
        </div>
      </div>
    `;
  }

  private resume(): void {
    const { stored, entry, work } = this.row;
    const reference = stored?.reference ?? (entry && entryReference(entry));
    if (work?.again) work.again();
    else if (reference) this.goOn(reference);
  }

  private giveFiles(files: readonly File[], purpose: 'add' | 'repair'): void {
    const { id, name, stored } = this.row;
    const reference = withFiles(stored?.reference, files);
    if (purpose === 'add') this.goOn(reference);
    else void this.library.repair(id, name, reference);
  }

  private goOn(reference: ModelReference): void {
    const { id, name, stored, entry } = this.row;
    const version = stored?.version ?? entry?.version;
    void this.library.add(reference, {
      id,
      name,
      ...(version !== undefined && { version }),
      ...(stored && { source: stored.source }),
    });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-model-card': EmulsionModelCard;
  }
}
