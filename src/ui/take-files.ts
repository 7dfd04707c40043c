/** @file What becomes of files that are dropped on the page. */
import type { Generation } from './generation.ts';
import type { LoraControl } from './lora-control.ts';
import { givenLoras, sortDropped } from './lora-drop.ts';
import { readPictureSettings } from './picture-settings.ts';

/** The parts of the page that take files. */
export interface FilePlaces {
  readonly form: HTMLElementTagNameMap['emulsion-prompt-form'];
  readonly modelsDialog: HTMLElementTagNameMap['emulsion-models-dialog'];
  readonly lorasDialog: HTMLElementTagNameMap['emulsion-loras-dialog'];
  readonly loras: LoraControl;
  readonly generation: Generation;
  /** Name of the open model. */
  readonly model: string | undefined;
}

/** LoRAs go on the shelf, a picture gives its settings, and whatever else is looked at as a model. */
export async function takeFiles(files: readonly File[], places: FilePlaces): Promise<void> {
  const { modelsDialog, lorasDialog } = places;
  const found = await sortDropped(files);
  if (found.kind === 'picture') await restorePicture(found.file, places);
  else if (found.kind === 'loras') await lorasDialog.take(found.loras);
  // What is no LoRA, though it was dropped among them, is told why.
  else if (lorasDialog.isOpen) await lorasDialog.take(await givenLoras(files));
  else await modelsDialog.offerFiles(found.files);
}

/** Takes over the settings of a finished picture. */
async function restorePicture(file: File, { form, loras, generation, model }: FilePlaces): Promise<void> {
  const settings = readPictureSettings(new Uint8Array(await file.arrayBuffer()));
  generation.fail(undefined);
  if (!settings) {
    generation.note([{ kind: 'picture-without-settings', file: file.name }]);
    return;
  }
  const { prompt, notices } = loras.restore(settings);
  form.restore(prompt, settings);
  const other = settings.model === model ? undefined : settings.model;
  generation.note([
    { kind: 'picture-restored', file: file.name },
    ...(other === undefined ? [] : [{ kind: 'picture-other-model', model: other } as const]),
    ...(settings.strength === undefined ? [] : [{ kind: 'picture-had-init-image' } as const]),
    ...notices,
  ]);
}
