/** @file Takes over what a picture was painted with: all of it, or one part, and says what cannot be taken over. */
import type { ModelDescription } from '../../engine/protocol/model.ts';
import { unmetGuidance } from '../form/guidance-form.ts';
import type { LoraControl } from '../loras/lora-control.ts';
import type { PageNotice } from '../parts/page-notice.ts';
import { isOfModel } from '../settings/picture-model.ts';
import type { PictureSettings } from '../settings/picture-settings.ts';
import { snapSide } from '../settings/picture-size.ts';

/** The parts of the page that settings go to. */
export interface SettingsPlaces {
  readonly form: HTMLElementTagNameMap['emulsion-prompt-form'];
  readonly loras: LoraControl;
  /** The open model. */
  readonly model: ModelDescription | undefined;
}

export type SettingsPart = 'all' | 'prompt' | 'seed' | 'size';

/**
 * Takes over settings.
 * @param file name of the picture
 * @returns what there is to say of it
 */
export async function restoreSettings(
  settings: PictureSettings,
  part: SettingsPart,
  { form, loras, model }: SettingsPlaces,
  file: string,
): Promise<readonly PageNotice[]> {
  const { negative, seed, variation, size } = settings;
  if (part === 'seed' || part === 'size')
    return form.restore(part === 'seed' ? { seed, variation } : { size });
  const { prompt, notices } = loras.restore(settings);
  if (part === 'prompt')
    return [...(await form.restore({ prompt, negative, styles: settings.styles })), ...notices];
  const own = await form.restore({ ...settings, prompt });
  return [{ kind: 'picture-restored', file }, ...remarks(settings, model), ...own, ...notices];
}

/**
 * Takes over what depends on the model, now that the picture's own is open; what was written meanwhile stays.
 * @param file name of the picture
 * @returns what there is to say of it
 */
export async function restoreForModel(
  settings: PictureSettings,
  { form, model }: SettingsPlaces,
  file: string,
): Promise<readonly PageNotice[]> {
  const { steps, size, styles, precision, samplers, clipSkip } = settings;
  const { guidance, guidanceScale, guidanceRescale } = settings;
  const own = await form.restore({
    ...{ steps, size, styles, precision, samplers, clipSkip },
    ...{ guidance, guidanceScale, guidanceRescale },
  });
  return [{ kind: 'picture-restored', file }, ...remarks(settings, model), ...own];
}

/** What is different here from how the picture was painted. */
function remarks(settings: PictureSettings, model: ModelDescription | undefined): PageNotice[] {
  const { model: name, modelHash } = settings;
  // Nothing can be said of it before a model is open.
  const isOther = name !== undefined && model !== undefined && !isOfModel(settings, model);
  const unmet = [...settings.unknown, ...unmetSize(settings, model), ...unmetGuidance(settings, model)];
  return [
    ...(isOther
      ? [
          {
            kind: 'picture-other-model',
            model: modelHash === undefined ? name : `${name} (${modelHash})`,
          } as const,
        ]
      : []),
    ...(unmet.length > 0 ? [{ kind: 'picture-not-honoured', settings: unmet } as const] : []),
    ...(settings.strength === undefined ? [] : [{ kind: 'picture-had-init-image' } as const]),
    ...(settings.hasStyleWords ? [{ kind: 'picture-style-words' } as const] : []),
    ...(settings.hasOurNoise ? [] : [{ kind: 'picture-other-noise' } as const]),
  ];
}

/** A size that the size field will round. */
function unmetSize({ size }: PictureSettings, model: ModelDescription | undefined): string[] {
  if (!size || !model) return [];
  const isPossible = [size.width, size.height].every((side) => snapSide(side, model.sizeMultiple) === side);
  return isPossible ? [] : [`Size: ${size.width}x${size.height}`];
}
