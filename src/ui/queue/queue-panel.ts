/** @file The queue as it is shown: what is being made and what waits, with the order in which it comes. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import { join } from 'lit/directives/join.js';
import { repeat } from 'lit/directives/repeat.js';
import { translate } from '../../locale/index.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { arrowDownIcon, arrowUpIcon, closeIcon } from '../parts/icons.ts';
import { listStyles } from '../parts/list-styles.ts';
import { keyShortcuts, shortcut } from '../parts/key-names.ts';
import { KEYS } from '../parts/keys.ts';
import { LocaleController } from '../parts/locale-controller.ts';
import type { PictureQueue, QueuedOrder, QueueState } from './picture-queue.ts';

/** Hidden while there is nothing to choose: no order waits, and no more than one picture is being made. */
@customElement('emulsion-queue-panel')
export class EmulsionQueuePanel extends LitElement {
  static override styles = [
    controlStyles,
    listStyles,
    css`
      /* Nothing of it is left where there is nothing to show, not even a gap. */
      :host {
        display: contents;
      }

      section {
        border: 1px solid var(--line);
        border-radius: var(--radius);
        background: var(--surface);
      }

      .head {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--space-1) var(--space-3);
        padding: var(--space-1) var(--space-1) var(--space-1) var(--space-3);
      }

      .head p {
        margin-inline-end: auto;
      }

      .head button {
        min-height: 2rem;
        font-size: var(--text-small);
      }

      ol {
        max-height: 13rem;
        margin: 0;
        padding: 0 var(--space-1) 0 var(--space-3);
        overflow: auto;
        list-style: none;
        border-top: 1px solid var(--line);
      }

      li {
        display: flex;
        align-items: center;
        gap: var(--space-1);
        min-height: 2.5rem;
      }

      .order {
        flex: 1;
        min-width: 0;
        padding: var(--space-1) 0;
        font-size: var(--text-small);
        line-height: 1.35;
      }

      .prompt {
        display: block;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }

      .now .prompt {
        font-weight: 600;
      }

      .facts {
        color: var(--text-muted);
        font-variant-numeric: tabular-nums;
      }

      .facts span {
        white-space: nowrap;
      }

      button.icon {
        width: 1.875rem;
        min-height: 1.875rem;
        border: 0;
      }

      li button.icon[aria-disabled='true'] {
        background: none;
        opacity: 0.35;
      }
    `,
  ];

  @property({ attribute: false }) queue!: PictureQueue;
  /** What the queue holds; a new object after every change. */
  @property({ attribute: false }) state!: QueueState;
  @query('ol') private readonly list!: HTMLElement | null;
  /** The button that is to have the focus after a change, as the order's id and what it does. */
  private focusNext: string | undefined;

  constructor() {
    super();
    new LocaleController(this);
  }

  protected override updated(): void {
    if (this.focusNext === undefined) return;
    this.list?.querySelector<HTMLElement>(`[data-key="${this.focusNext}"]`)?.focus();
    this.focusNext = undefined;
  }

  protected override render(): TemplateResult | typeof nothing {
    const { running, waiting, isPaused } = this.state;
    if (waiting.length === 0 && (running?.total ?? 0) <= 1) return nothing;
    const orders = running ? [running, ...waiting] : waiting;
    return html`
      <section aria-label=${translate('queue')}>
        <div class="head">
          <p class="hint">${translate(isPaused ? 'queuePaused' : 'queueLeft', this.queue.picturesLeft)}</p>
          ${
            isPaused
              ? html`<button type="button" class="primary" @click=${() => this.queue.resume()}>
                  ${translate('queueResume')}
                </button>`
              : nothing
          }
          <button
            type="button"
            aria-keyshortcuts=${keyShortcuts(KEYS.stopAll)}
            title=${shortcut(KEYS.stopAll)}
            @click=${() => this.queue.stopAll()}
          >
            ${translate('queueStopAll')}
          </button>
        </div>
        <ol>
          ${repeat(
            orders,
            ({ id }) => id,
            (order) => this.renderOrder(order, waiting.indexOf(order)),
          )}
        </ol>
      </section>
    `;
  }

  /** @param place among those that wait; −1 for the one being made */
  private renderOrder(order: QueuedOrder, place: number): TemplateResult {
    const { id, request } = order;
    const prompt = request.prompt === '' ? translate('promptNone') : request.prompt;
    const isNow = place === -1;
    return html`
      <li class=${isNow ? 'now' : ''} aria-current=${isNow ? 'true' : nothing}>
        <div class="order">
          <span class="prompt" title=${prompt}>${prompt}</span>
          <span class="facts">${join(factsOf(order, isNow).map(nowrap), ' · ')}</span>
        </div>
        ${isNow ? nothing : this.renderMoves(order, prompt, place)}
        <button
          type="button"
          class="icon"
          data-key="${id}/remove"
          aria-label=${translate('actionOn', translate(isNow ? 'queueStop' : 'queueRemove'), prompt)}
          @click=${() => this.takeOut(id, place)}
        >
          ${closeIcon}
        </button>
      </li>
    `;
  }

  private renderMoves({ id }: QueuedOrder, prompt: string, place: number): TemplateResult {
    const last = this.state.waiting.length - 1;
    return html`
      ${(
        [
          ['queueEarlier', -1, place === 0, arrowUpIcon],
          ['queueLater', 1, place === last, arrowDownIcon],
        ] as const
      ).map(
        ([action, places, isEnd, icon]) => html`
          <button
            type="button"
            class="icon"
            data-key="${id}/${action}"
            aria-label=${translate('actionOn', translate(action), prompt)}
            aria-disabled=${isEnd}
            @click=${() => this.move(id, places, action)}
          >
            ${icon}
          </button>
        `,
      )}
    `;
  }

  private move(id: number, places: number, action: string): void {
    this.focusNext = `${id}/${action}`;
    this.queue.move(id, places);
  }

  /** The focus goes to what takes the place of the order. */
  private takeOut(id: number, place: number): void {
    const { waiting } = this.state;
    const neighbour = place === -1 ? undefined : (waiting[place + 1] ?? waiting[place - 1]);
    this.focusNext = neighbour && `${neighbour.id}/remove`;
    this.queue.remove(id);
  }
}

/** A fact that is not broken over two lines. */
function nowrap(fact: string): TemplateResult {
  return html`<span>${fact}</span>`;
}

/** Seeds, size, and how many pictures. */
function factsOf({ request, total }: QueuedOrder, isNow: boolean): string[] {
  const { seed, count, width, height } = request;
  const facts = [translate('queueSeed', String(seed), count)];
  if (width !== undefined && height !== undefined) facts.push(`${width} × ${height}`);
  if (isNow && total > 1) facts.push(translate('queueDone', total - count, total));
  else if (count > 1) facts.push(translate('queueCount', count));
  return facts;
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-queue-panel': EmulsionQueuePanel;
  }
}
