/**
 * @file The gallery in full: all pictures to search and select, one of them large, or two of them compared. Loaded when it is
 * opened for the first time.
 */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import type { ModelDescription } from '../../engine/protocol/model.ts';
import type { GalleryState } from '../../gallery/gallery.ts';
import type { GalleryRecord } from '../../gallery/record.ts';
import { searchGallery, type GalleryQuery } from '../../gallery/search.ts';
import { errorSentence, translate } from '../../locale/index.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { dialogHead, dialogStyles, dialogTrouble } from '../parts/dialog-frame.ts';
import './gallery-compare.ts';
import type { GalleryControl } from './gallery-control.ts';
import { galleryDialogStyles } from './gallery-dialog-styles.ts';
import './gallery-grid.ts';
import { outcomeSentence, type GalleryOutcome } from './gallery-outcome.ts';
import { PARTS, type PictureAction } from './gallery-picture.ts';
import './gallery-undo.ts';
import { renderUnkept } from './unkept-pictures.ts';
import { arrowLeftIcon } from '../parts/icons.ts';
import { KEY_GROUPS, keyLine } from '../parts/key-groups.ts';
import { isPressed, KEYS } from '../parts/keys.ts';
import { listStyles } from '../parts/list-styles.ts';
import { LocaleController } from '../parts/locale-controller.ts';
import type { SettingsPart } from '../sharing/restore-settings.ts';
import type { OffspringControl } from '../painting/offspring-control.ts';
import type { Offspring } from '../painting/picture-offspring.ts';
import { isMarking, setMarking } from '../painting/saved-picture.ts';

/** What is to be seen. */
type View =
  | { readonly kind: 'grid' }
  | { readonly kind: 'picture'; readonly id: string }
  | { readonly kind: 'compare'; readonly ids: readonly [string, string] };

const GRID: View = { kind: 'grid' };

/** @fires settings-used - all settings of a picture were taken over, the page is to be seen again */
@customElement('emulsion-gallery-dialog')
export class EmulsionGalleryDialog extends LitElement {
  static override styles = [controlStyles, dialogStyles, listStyles, galleryDialogStyles];

  @property({ attribute: false }) control!: GalleryControl;
  @property({ attribute: false }) gallery!: GalleryState;
  @property({ attribute: false }) outcome: GalleryOutcome | undefined;
  /** The open model. */
  @property({ attribute: false }) model: ModelDescription | undefined;
  @property({ attribute: false }) offspring!: OffspringControl;
  @property({ attribute: false }) work: GalleryControl['work'];

  @state() private view: View = GRID;
  @state() private sought: GalleryQuery = { text: '', starredOnly: false };
  @state() private selected: ReadonlySet<string> = new Set();
  @query('dialog') private readonly dialog!: HTMLDialogElement;
  @query('emulsion-gallery-grid') private readonly grid!:
    HTMLElementTagNameMap['emulsion-gallery-grid'] | null;
  @query('.view') private readonly large!: HTMLElement | null;
  @query('emulsion-gallery-undo') private readonly undoing!: HTMLElementTagNameMap['emulsion-gallery-undo'];
  @query('#picker') private readonly picker!: HTMLInputElement;

  constructor() {
    super();
    new LocaleController(this);
  }

  get isOpen(): boolean {
    return this.dialog.open;
  }

  /** Shows all pictures, or one. */
  show(id: string | null = null): void {
    this.control.forget();
    this.view = id === null ? GRID : { kind: 'picture', id };
    if (!this.dialog.open) this.dialog.showModal();
    void this.focusView();
  }

  protected override render(): TemplateResult {
    const { view, found } = this;
    const title = translate('gallery');
    return html`
      <dialog aria-labelledby="title" closedby="any" @keydown=${this.onKeyDown} @cancel=${this.onCancel}>
        ${dialogHead(title, () => this.dialog.close())}
        <div class="body">
          <p class="outcome" role="status">${this.outcomeSentence}</p>
          ${view.kind === 'grid' ? this.renderTools(found) : this.renderBack()} ${this.renderView(found)}
        </div>
        <div class="foot">
          <emulsion-gallery-undo
            .count=${this.gallery.deleted.length}
            @undo-delete=${() => void this.undo()}
          ></emulsion-gallery-undo>
          <div class="choices">
            <label class="mark">
              <input
                type="checkbox"
                .checked=${isMarking()}
                @change=${(event: Event) => setMarking((event.target as HTMLInputElement).checked)}
              />
              ${translate('visibleMark')}
            </label>
            <p class="hint keys">${keyLine(KEY_GROUPS.gallery)}</p>
          </div>
        </div>
      </dialog>
    `;
  }

  private get found(): readonly GalleryRecord[] {
    return searchGallery(this.gallery.records, this.sought);
  }

  private renderTools(found: readonly GalleryRecord[]): TemplateResult {
    const { text, starredOnly } = this.sought;
    return html`
      ${renderUnkept(this.gallery, this.control)}
      <div class="tools">
        <input
          type="search"
          aria-label=${translate('gallerySearch')}
          placeholder=${translate('gallerySearch')}
          .value=${text}
          @input=${(event: Event) => this.seek({ text: (event.target as HTMLInputElement).value })}
        />
        <button
          type="button"
          class="chip"
          aria-pressed=${starredOnly}
          @click=${() => this.seek({ starredOnly: !starredOnly })}
        >
          ${translate('galleryStarredOnly')}
        </button>
        <button type="button" @click=${() => this.picker.click()}>${translate('galleryImport')}</button>
        <input
          id="picker"
          type="file"
          hidden
          multiple
          accept="image/png,.zip"
          aria-label=${translate('galleryImport')}
          @change=${this.onPick}
        />
        <button
          type="button"
          aria-disabled=${this.gallery.records.length === 0}
          @click=${() => void this.control.export()}
        >
          ${translate('galleryExport')}
        </button>
      </div>
      ${this.renderSelection(found)}
    `;
  }

  private renderSelection(found: readonly GalleryRecord[]): TemplateResult | typeof nothing {
    const chosen = found.filter(({ id }) => this.selected.has(id));
    const [first, second] = chosen;
    if (!first) return nothing;
    return html`
      <div class="tools" role="group" aria-label=${translate('gallerySelected', chosen.length)}>
        <span>${translate('gallerySelected', chosen.length)}</span>
        <button type="button" @click=${() => void this.control.save(chosen)}>
          ${translate(chosen.length === 1 ? 'galleryDownload' : 'galleryDownloadZip')}
        </button>
        ${
          second && chosen.length === 2
            ? html`<button
                type="button"
                @click=${() => this.look({ kind: 'compare', ids: [first.id, second.id] })}
              >
                ${translate('galleryCompare')}
              </button>`
            : nothing
        }
        <button type="button" @click=${() => void this.delete(chosen)}>
          ${translate('galleryDeleteMany')}
        </button>
        <button type="button" @click=${() => (this.selected = new Set())}>
          ${translate('gallerySelectNone')}
        </button>
      </div>
    `;
  }

  private renderBack(): TemplateResult {
    return html`
      <div class="tools">
        <button type="button" @click=${() => this.back()}>${arrowLeftIcon}${translate('galleryBack')}</button>
      </div>
    `;
  }

  private renderView(found: readonly GalleryRecord[]): TemplateResult {
    const { view } = this;
    const fileOf = (id: string): Promise<Blob> => this.control.file(id);
    const find = (id: string) => this.gallery.records.find((record) => record.id === id);
    if (view.kind === 'picture') {
      const record = find(view.id);
      if (!record) return this.renderGrid(found);
      const order = found.includes(record) ? found : this.gallery.records;
      return html`<emulsion-gallery-picture
        class="view"
        .record=${record}
        .fileOf=${fileOf}
        .model=${this.model}
        .offspring=${this.offspring}
        .position=${order.indexOf(record) + 1}
        .total=${order.length}
        @picture-action=${(event: CustomEvent<PictureAction>) => this.act(event.detail, record)}
        @use-settings=${(event: CustomEvent<SettingsPart>) => this.use(record, event.detail)}
        @make-of-picture=${(event: CustomEvent<Offspring>) =>
          void this.control.make(record, event.detail, () => this.dialog.close())}
      ></emulsion-gallery-picture>`;
    }
    if (view.kind === 'compare') {
      const [left, right] = view.ids.map(find);
      if (left && right)
        return html`<emulsion-gallery-compare
          class="view"
          .pair=${[left, right]}
          .fileOf=${fileOf}
        ></emulsion-gallery-compare>`;
    }
    return this.renderGrid(found);
  }

  private renderGrid(found: readonly GalleryRecord[]): TemplateResult {
    const { phase, failure, records, damaged } = this.gallery;
    if (phase === 'failed' && failure) return dialogTrouble(failure, () => this.control.reload());
    if (phase === 'loading' && records.length === 0)
      return html`<p class="hint">${translate('galleryLoading')}</p>`;
    return html`
      ${damaged > 0 ? html`<p class="hint">${translate('galleryDamaged', damaged)}</p>` : nothing}
      ${
        found.length === 0
          ? html`<p class="hint none">
              ${translate(records.length === 0 ? 'galleryEmpty' : 'galleryNoneFound')}
            </p>`
          : nothing
      }
      <emulsion-gallery-grid
        .records=${found}
        .selected=${this.selected}
        @open-picture=${(event: CustomEvent<string>) => this.look({ kind: 'picture', id: event.detail })}
        @select-picture=${(event: CustomEvent<string>) => this.select(event.detail)}
      ></emulsion-gallery-grid>
    `;
  }

  private get outcomeSentence(): string {
    const { outcome, work } = this;
    if (work) return translate(work === 'packing' ? 'galleryPacking' : 'galleryImporting');
    if (outcome) return outcomeSentence(outcome);
    const { failure, phase } = this.gallery;
    return failure && phase === 'ready' ? errorSentence(failure) : '';
  }

  private seek(change: Partial<GalleryQuery>): void {
    this.sought = { ...this.sought, ...change };
  }

  private select(id: string): void {
    const selected = new Set(this.selected);
    if (!selected.delete(id)) selected.add(id);
    this.selected = selected;
  }

  private look(view: View): void {
    this.control.forget();
    this.view = view;
    void this.focusView();
  }

  private back(): void {
    const from = this.view.kind === 'picture' ? this.view.id : undefined;
    this.view = GRID;
    void this.updateComplete.then(() => this.grid?.focusPicture(from));
  }

  /** @param id the picture among all that is to have the focus; by default the first */
  private async focusView(id?: string): Promise<void> {
    await this.updateComplete;
    if (this.large) this.large.focus();
    else if (this.found.length > 0) await this.grid?.focusPicture(id);
    else {
      // Where nothing is left, bringing it back is; without the focus the dialog would hear no key.
      await this.undoing.updateComplete;
      this.undoing.focus();
    }
  }

  private act(action: PictureAction, record: GalleryRecord): void {
    if (action === 'star') this.control.star(record.id);
    else if (action === 'save') void this.control.save([record]);
    else if (action === 'delete') void this.delete([record]);
    else this.move(record, action === 'next' ? 1 : -1);
  }

  /** To a picture so many places older. */
  private move(record: GalleryRecord, places: number): void {
    const order = this.found.includes(record) ? this.found : this.gallery.records;
    const next = order[order.indexOf(record) + places];
    if (next) this.view = { kind: 'picture', id: next.id };
  }

  private use(record: GalleryRecord, part: SettingsPart): void {
    void this.control.use(record, part);
    if (part !== 'all') return;
    this.dialog.close();
    this.dispatchEvent(new Event('settings-used'));
  }

  /** What comes after a deleted picture is looked at next. */
  private async delete(records: readonly GalleryRecord[]): Promise<void> {
    const order = this.found;
    const gone = new Set(records.map(({ id }) => id));
    const last = order.findLastIndex(({ id }) => gone.has(id));
    const next = order
      .slice(last + 1)
      .concat(order.slice(0, last).reverse())
      .find(({ id }) => !gone.has(id));
    await this.control.delete([...gone]);
    this.selected = new Set();
    if (this.view.kind === 'picture') this.look(next ? { kind: 'picture', id: next.id } : GRID);
    else await this.focusView(next?.id);
  }

  private async undo(): Promise<void> {
    const [first] = this.gallery.deleted;
    await this.control.undo();
    if (this.view.kind === 'picture' && first) this.view = { kind: 'picture', id: first.record.id };
    await this.focusView();
  }

  /** The picture that the keys act on. */
  private get current(): GalleryRecord | undefined {
    const { view } = this;
    const id = view.kind === 'picture' ? view.id : view.kind === 'grid' ? this.grid?.current : undefined;
    return this.gallery.records.find((record) => record.id === id);
  }

  private readonly onKeyDown = (event: KeyboardEvent): void => {
    const [target] = event.composedPath();
    const isTyping = target instanceof HTMLInputElement && target.type !== 'checkbox';
    if (isTyping) return;
    // Among all pictures, keys are those of the one that has the focus.
    const isAside = this.view.kind === 'grid' && !event.composedPath().some((place) => place === this.grid);
    const record = isAside ? undefined : this.current;
    const [part] = PARTS.find(([, , key]) => isPressed(event, key)) ?? [];
    if (isPressed(event, KEYS.undo)) void this.undo();
    else if (!record) return;
    else if (part) this.use(record, part);
    else if (isPressed(event, KEYS.star)) this.control.star(record.id);
    else if (isPressed(event, KEYS.delete, KEYS.backspace)) void this.delete(this.marked(record));
    else if (this.view.kind === 'picture' && isPressed(event, KEYS.left)) this.move(record, -1);
    else if (this.view.kind === 'picture' && isPressed(event, KEYS.right)) this.move(record, 1);
    else return;
    event.preventDefault();
  };

  /** Those that are selected, where any are. */
  private marked(record: GalleryRecord): readonly GalleryRecord[] {
    const chosen = this.view.kind === 'grid' ? this.found.filter(({ id }) => this.selected.has(id)) : [];
    return chosen.length > 0 ? chosen : [record];
  }

  /** Escape leads back to all pictures first. */
  private readonly onCancel = (event: Event): void => {
    if (this.view.kind === 'grid') return;
    event.preventDefault();
    this.back();
  };

  private readonly onPick = async (): Promise<void> => {
    const files = [...(this.picker.files ?? [])];
    // The same file can be picked again.
    this.picker.value = '';
    if (files.length > 0) await this.control.import(files);
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-gallery-dialog': EmulsionGalleryDialog;
  }
}
