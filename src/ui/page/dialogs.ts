/** @file The page's dialogs, and what they are given: nothing but their names until one is opened, when its code comes. */
import { html, type TemplateResult } from 'lit';
import type { Engine } from '../../engine/protocol/engine.ts';
import type { TrialSettings } from '../../engine/protocol/lora-desk.ts';
import { toPlainError, type PlainError } from '../../error.ts';
import type { GalleryControl } from '../gallery/gallery-control.ts';
import type { LoraControl } from '../loras/lora-control.ts';
import type { ModelChoice } from '../models/model-choice.ts';
import type { ModelWish } from '../models/models-dialog.ts';
import type { OffspringControl } from '../painting/offspring-control.ts';

/** How the code of each comes. */
const CODE = {
  'emulsion-models-dialog': () => import('../models/models-dialog.ts'),
  'emulsion-loras-dialog': () => import('../loras/loras-dialog.ts'),
  'emulsion-device-dialog': () => import('../device/device-dialog.ts'),
  'emulsion-gallery-dialog': () => import('../gallery/gallery-dialog.ts'),
  'emulsion-help-dialog': () => import('./help-dialog.ts'),
} as const satisfies Partial<Record<keyof HTMLElementTagNameMap, () => Promise<unknown>>>;

type DialogName = keyof typeof CODE;
type Dialog<Name extends DialogName> = HTMLElementTagNameMap[Name];

interface DialogParts {
  /** Where they are. */
  readonly root: () => ParentNode;
  readonly engine: () => Engine;
  readonly choice: ModelChoice;
  readonly loras: LoraControl;
  readonly gallery: GalleryControl;
  readonly offspring: OffspringControl;
  /** What test pictures are painted with. */
  readonly trialSettings: () => TrialSettings;
  readonly useModel: (wish: ModelWish) => void;
  /** Called when all settings of a picture were taken over. */
  readonly onSettingsUsed: () => void;
  readonly showTour: () => void;
  readonly onFailure: (failure: PlainError, retry: () => void) => void;
}

export class PageDialogs {
  readonly #parts: DialogParts;

  constructor(parts: DialogParts) {
    this.#parts = parts;
  }

  /** Whether one of them is open, or that of a name. */
  isOpen(...names: readonly DialogName[]): boolean {
    const asked = names.length > 0 ? names : (Object.keys(CODE) as DialogName[]);
    // Before its code has come and it was drawn, one has no such property.
    return asked.map((name) => this.#find(name)).some((dialog) => dialog.hasUpdated && dialog.isOpen);
  }

  /** Shows a dialog as it begins. */
  show(name: DialogName): void {
    void this.open(name, (dialog) => dialog.show());
  }

  /** Lets a dialog come, and does something with it then; where it does not come, the page says so. */
  async open<Name extends DialogName>(
    name: Name,
    show: (dialog: Dialog<Name>) => Promise<void> | void,
  ): Promise<void> {
    try {
      await CODE[name]();
    } catch (error) {
      this.#parts.onFailure(toPlainError(error), () => void this.open(name, show));
      return;
    }
    const dialog = this.#find(name);
    await dialog.updateComplete;
    await show(dialog);
  }

  render(): TemplateResult {
    const { engine, choice, loras, gallery, offspring } = this.#parts;
    const { trialSettings, useModel, onSettingsUsed, showTour } = this.#parts;
    const { model, library, catalog } = choice;
    return html`
      <emulsion-models-dialog
        .engineLibrary=${engine().library}
        .library=${library}
        .libraryState=${library.state}
        .catalog=${catalog}
        .usedId=${model?.id}
        @use-model=${(event: CustomEvent<ModelWish>) => useModel(event.detail)}
      ></emulsion-models-dialog>
      <emulsion-loras-dialog
        .control=${loras}
        .shelf=${loras.shelf.state}
        .workshop=${loras.workshop.state}
        .outcome=${loras.outcome}
        .offered=${loras.offered}
        .model=${model}
        .trialSettings=${trialSettings}
      ></emulsion-loras-dialog>
      <emulsion-device-dialog .engine=${engine()}></emulsion-device-dialog>
      <emulsion-gallery-dialog
        .control=${gallery}
        .gallery=${gallery.state}
        .outcome=${gallery.outcome}
        .model=${model?.description}
        .offspring=${offspring}
        .work=${gallery.work}
        @settings-used=${onSettingsUsed}
      ></emulsion-gallery-dialog>
      <emulsion-help-dialog @show-tour=${showTour}></emulsion-help-dialog>
    `;
  }

  #find<Name extends DialogName>(name: Name): Dialog<Name> {
    return this.#parts.root().querySelector(name) as Dialog<Name>;
  }
}
