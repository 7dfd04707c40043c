/** @file The page's dialogs: nothing but their names until one is opened, when its code comes. */
import { toPlainError, type PlainError } from '../../error.ts';

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

  #find<Name extends DialogName>(name: Name): Dialog<Name> {
    return this.#parts.root().querySelector(name) as Dialog<Name>;
  }
}
