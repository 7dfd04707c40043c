/**
 * @file Takes over into the form what a picture, a link or the tab's memory says. Before the first model there is a place for
 * the prompt alone, which may be written on; the rest waits, and comes after what the tab has kept.
 */
import type { ReactiveControllerHost } from 'lit';
import type { ModelDescription } from '../../engine/protocol/model.ts';
import type { PageNotice } from '../parts/page-notice.ts';
import type { PictureSettings } from '../settings/picture-settings.ts';
import type { FormKeeper } from './form-keeper.ts';
import type { FormState } from './form-state.ts';
import { restoredGuidance } from './guidance-form.ts';
import { stylesNamed } from './styles-field.ts';
import { withoutStyles } from './styles-template.ts';

/** Those that hold what they say themselves. */
interface FormFields {
  readonly seed: HTMLElementTagNameMap['emulsion-seed-field'];
  readonly size: HTMLElementTagNameMap['emulsion-size-field'];
  readonly initImage: HTMLElementTagNameMap['emulsion-init-image-field'];
}

interface RestorerParts {
  readonly model: () => ModelDescription | undefined;
  readonly said: FormState;
  readonly keeper: FormKeeper;
  /** They are there once the form is. */
  readonly fields: () => FormFields;
  /** Writes another prompt. */
  readonly write: (prompt: string) => void;
  /** Called when everything is taken over that came before the first model. */
  readonly onBegun: () => void;
}

export class FormRestorer {
  readonly #host: ReactiveControllerHost;
  readonly #parts: RestorerParts;
  /** Given before there was a model. */
  #early: Partial<PictureSettings> = {};
  /** Settles once that, and what the tab has kept, is taken over; absent before the first model. */
  #begun: Promise<void> | undefined;

  constructor(host: ReactiveControllerHost, parts: RestorerParts) {
    this.#host = host;
    this.#parts = parts;
  }

  /**
   * Takes settings over, as far as they are given.
   * @returns what there is to say of it
   */
  async restore(settings: Partial<PictureSettings>): Promise<readonly PageNotice[]> {
    const { model, write } = this.#parts;
    if (model()) return this.#take(settings);
    const { prompt, ...others } = settings;
    if (prompt !== undefined) write(prompt);
    this.#early = { ...this.#early, ...others };
    return [];
  }

  /** With a model: what came before the first one is taken over, once. */
  begin(model: ModelDescription): void {
    this.#begun ??= this.#begin(model);
  }

  /** Once everything is taken over that the model says, and what was there before it. */
  get settled(): Promise<unknown> {
    return this.#host.updateComplete.then(() =>
      Promise.all([this.#parts.fields().size.updateComplete, this.#begun]),
    );
  }

  async #begin(model: ModelDescription): Promise<void> {
    const { said, keeper, fields, onBegun } = this.#parts;
    // The fields have to take over the model's defaults first.
    await this.#host.updateComplete;
    await fields().size.updateComplete;
    const { styles = [], ...kept } = keeper.take(model);
    said.change({ styles: await stylesNamed(styles, model) });
    // That is in its place already, and may have been written on.
    const { prompt } = said.values;
    await this.#take({ ...kept, ...this.#early, prompt });
    onBegun();
  }

  async #take(settings: Partial<PictureSettings>): Promise<readonly PageNotice[]> {
    const { said, model, write } = this.#parts;
    const fields = this.#parts.fields();
    const { prompt, negative, seed, steps, size, precision, styles } = settings;
    if (prompt !== undefined) write(prompt);
    if (seed !== undefined) fields.seed.set(seed);
    if (size) fields.size.set(size);
    said.change({
      ...(negative !== undefined && { negative }),
      ...(steps !== undefined && { steps, restoredSteps: steps }),
      ...(precision && { precision }),
      ...(settings.samplers && { guidance: restoredGuidance(settings, model()) }),
      ...('variation' in settings && { variation: settings.variation ?? null }),
    });
    const hadInitImage = 'strength' in settings && this.#takeStrength(settings.strength);
    // Without a prompt, the words of those that are chosen were taken out of it before.
    const areThere =
      prompt === undefined && String(styles) === String(said.values.styles.map(({ id }) => id));
    const areStylesKnown = !styles || areThere || (await this.#takeStyles(styles));
    return [
      ...(hadInitImage ? [{ kind: 'init-image-dropped' } as const] : []),
      ...(areStylesKnown ? [] : [{ kind: 'styles-unknown' } as const]),
    ];
  }

  /** @returns whether a picture to begin from was let go of */
  #takeStrength(strength: number | undefined): boolean {
    const { initImage } = this.#parts.fields();
    const hadInitImage = initImage.take() !== undefined;
    if (strength === undefined) initImage.clear();
    else initImage.setStrength(strength);
    return hadInitImage && strength === undefined;
  }

  /**
   * Takes the words of styles out of the prompt again, where they are all known and it was made with them.
   * @returns whether no words were left there
   */
  async #takeStyles(ids: readonly string[]): Promise<boolean> {
    const { said } = this.#parts;
    said.change({ styles: [] });
    const model = this.#parts.model();
    const { prompt, negative } = said.values;
    if (!model || ids.length === 0) return true;
    const styles = await stylesNamed(ids, model);
    const plain = styles.length === ids.length ? withoutStyles({ prompt, negative }, styles) : undefined;
    // Somebody may have written on meanwhile.
    if (!plain || said.values.prompt !== prompt || this.#parts.model() !== model) return false;
    said.change({ styles, ...plain });
    return true;
  }
}
