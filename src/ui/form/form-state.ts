/**
 * @file What the form says, apart from what its fields hold themselves (the seed, the size, a picture to begin from): the words
 * with the styles around them, and how a picture is painted of them.
 */
import type { ReactiveControllerHost } from 'lit';
import type { Precision } from '../../engine/precisions.ts';
import type { Variation } from '../../engine/protocol/generate.ts';
import type { ModelDescription, StyleTemplate } from '../../engine/protocol/model.ts';
import type { SharedSettings } from '../settings/share-link.ts';
import {
  chosenGuidance,
  isPaired,
  orderedGuidance,
  writtenGuidance,
  type GuidanceSettings,
} from './guidance-form.ts';
import type { PictureOrder } from './picture-order.ts';
import { withStyles, type StyledText } from './styles-template.ts';

interface FormValues {
  readonly prompt: string;
  readonly negative: string;
  readonly styles: readonly StyleTemplate[];
  readonly steps: number;
  /** A picture may have taken more steps than the scale has. */
  readonly restoredSteps: number;
  readonly precision: Precision;
  readonly guidance: GuidanceSettings;
  readonly variation: Variation | null;
}

export class FormState {
  values: FormValues;

  readonly #host: ReactiveControllerHost;
  readonly #model: () => ModelDescription | undefined;

  /**
   * @param prompt what is there to begin with
   * @param model the open one
   */
  constructor(host: ReactiveControllerHost, prompt: string, model: () => ModelDescription | undefined) {
    this.#host = host;
    this.#model = model;
    this.values = {
      ...{ prompt, negative: '', styles: [] },
      ...{ steps: 4, restoredSteps: 0, precision: 'f32', guidance: { guidance: 'auto' }, variation: null },
    };
  }

  change(change: Partial<FormValues>): void {
    this.values = { ...this.values, ...change };
    this.#host.requestUpdate();
  }

  /** Takes over what the model that was opened after another does by itself. */
  follow({ steps, styles }: ModelDescription, last: ModelDescription | undefined): void {
    this.change({ steps, guidance: { guidance: 'auto' } });
    // It may not know their words.
    if (last?.styles !== styles) this.change({ styles: [] });
  }

  get usesNegative(): boolean {
    const model = this.#model();
    return model !== undefined && isPaired(chosenGuidance(this.values.guidance, model));
  }

  /** Prompt and negative prompt with the words of the styles. */
  get styledText(): StyledText {
    const { prompt, negative, styles } = this.values;
    const written = this.usesNegative ? negative.trim() : '';
    const text = withStyles({ prompt: prompt.trim(), negative: written }, styles);
    return this.usesNegative ? text : { ...text, negative: '' };
  }

  /** What a picture is ordered with. */
  ordered(model: ModelDescription): Omit<PictureOrder, 'seed' | 'width' | 'height' | 'initImage'> {
    const { styles, steps, precision, guidance, variation } = this.values;
    const { prompt, negative } = this.styledText;
    return {
      prompt,
      ...(styles.length > 0 && { styles: styles.map(({ id }) => id) }),
      ...(negative !== '' && { negative }),
      steps,
      precision,
      ...orderedGuidance(guidance, model),
      ...(variation && { variation }),
    };
  }

  /** What is written down of it. */
  get written(): Omit<SharedSettings, 'seed' | 'size'> {
    const { styles, steps, precision, guidance, variation } = this.values;
    const model = this.#model();
    return {
      ...this.styledText,
      ...{ variation: variation ?? undefined, steps, precision, styles: styles.map(({ id }) => id) },
      ...writtenGuidance(guidance, model),
      model: model?.name,
    };
  }
}
