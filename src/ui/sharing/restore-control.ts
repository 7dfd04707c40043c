/**
 * @file Settings of pictures on their way into the form: taken over and told of; and what only the model of a picture can
 * honour, taken over once more when that model is opened.
 */
import type { ReactiveControllerHost } from 'lit';
import type { PageMessages } from '../parts/page-messages.ts';
import type { PictureModel } from '../settings/picture-model.ts';
import type { PictureSettings } from '../settings/picture-settings.ts';
import {
  restoreForModel,
  restoreSettings,
  type SettingsPart,
  type SettingsPlaces,
} from './restore-settings.ts';

interface ControlParts {
  readonly places: () => SettingsPlaces;
  readonly messages: PageMessages;
  /** The id of a picture's model, where that can be opened without further ado. */
  readonly idOfModel: (picture: PictureModel) => Promise<string | undefined>;
  /** Resolves to whether it is open. */
  readonly openModel: (id: string) => Promise<boolean>;
}

export class RestoreControl {
  readonly #host: ReactiveControllerHost;
  readonly #parts: ControlParts;
  /** What the notices are of. */
  #last: { readonly settings: PictureSettings; readonly file: string } | undefined;

  constructor(host: ReactiveControllerHost, parts: ControlParts) {
    this.#host = host;
    this.#parts = parts;
  }

  /** Takes over settings. @param file name of the picture */
  async restore(settings: PictureSettings, part: SettingsPart, file: string): Promise<void> {
    const { places, messages, idOfModel } = this.#parts;
    const notices = await restoreSettings(settings, part, places(), file);
    this.#last = { settings, file };
    messages.note(notices);
    const other = notices.find(({ kind }) => kind === 'picture-other-model');
    const id = other && (await idOfModel(settings));
    if (other?.kind === 'picture-other-model' && id !== undefined) messages.replace(other, { ...other, id });
  }

  /** Opens the model that the picture was painted with, and takes over what the other one could not honour. */
  async useModel(id: string): Promise<void> {
    const { places, messages, openModel } = this.#parts;
    const last = this.#last;
    if (!(await openModel(id)) || !last) return;
    // First the form takes over the model's own.
    await this.#host.updateComplete;
    await places().form.settled;
    messages.note(await restoreForModel(last.settings, places(), last.file));
  }
}
