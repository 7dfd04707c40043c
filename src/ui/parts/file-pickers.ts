/** @file Buttons that let the user pick a model on disk: a folder, or one `.safetensors` file. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, query } from 'lit/decorators.js';
import { translate } from '../../locale/index.ts';
import { controlStyles } from './control-styles.ts';
import { LocaleController } from './locale-controller.ts';

/** @fires pick-files - `CustomEvent<readonly File[]>` */
@customElement('emulsion-file-pickers')
export class EmulsionFilePickers extends LitElement {
  static override styles = [
    controlStyles,
    css`
      :host {
        display: flex;
        flex-wrap: wrap;
        gap: var(--space-2);
      }

      button {
        min-height: 2.25rem;
        font-size: var(--text-small);
      }
    `,
  ];

  @query('#folder') private readonly folder!: HTMLInputElement;
  @query('#file') private readonly file!: HTMLInputElement;

  constructor() {
    super();
    new LocaleController(this);
  }

  protected override render(): TemplateResult {
    const [folder, file] = [translate('pickFolder'), translate('pickFile')];
    return html`
      <button type="button" @click=${() => this.folder.click()}>${folder}</button>
      <button type="button" @click=${() => this.file.click()}>${file}</button>
      <input
        id="folder"
        type="file"
        hidden
        multiple
        webkitdirectory
        aria-label=${folder}
        @change=${this.onPick}
      />
      <input id="file" type="file" hidden accept=".safetensors" aria-label=${file} @change=${this.onPick} />
    `;
  }

  private readonly onPick = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    const detail = [...(input.files ?? [])];
    // The same files can be picked again after they were mended.
    input.value = '';
    if (detail.length > 0) this.dispatchEvent(new CustomEvent<readonly File[]>('pick-files', { detail }));
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-file-pickers': EmulsionFilePickers;
  }
}
