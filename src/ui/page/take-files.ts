/** @file What becomes of files that are dropped on the page, or pasted. */
import type { GalleryControl } from '../gallery/gallery-control.ts';
import { givenLoras, sortDropped } from '../loras/lora-drop.ts';
import type { PageMessages } from '../parts/page-messages.ts';
import { readPictureSettings } from '../settings/picture-settings.ts';
import { restoreSettings, type SettingsPlaces } from '../sharing/restore-settings.ts';

/** The parts of the page that take files. */
export interface FilePlaces extends SettingsPlaces {
  readonly gallery: GalleryControl;
  readonly modelsDialog: HTMLElementTagNameMap['emulsion-models-dialog'];
  readonly lorasDialog: HTMLElementTagNameMap['emulsion-loras-dialog'];
  readonly messages: PageMessages;
}

/**
 * LoRAs go on the shelf, archives into the gallery, and pictures, too, while it is open; else a picture gives its settings.
 * Whatever else there is is looked at as a model.
 */
export async function takeFiles(files: readonly File[], places: FilePlaces): Promise<void> {
  const { modelsDialog, lorasDialog, gallery } = places;
  const found = await sortDropped(files);
  if (found.kind === 'archive' || (found.kind === 'picture' && gallery.isOpen)) await gallery.import(files);
  else if (found.kind === 'picture') await restorePicture(found.file, places);
  else if (found.kind === 'loras') await lorasDialog.take(found.loras);
  // What is no LoRA, though it was dropped among them, is told why.
  else if (lorasDialog.isOpen) await lorasDialog.take(await givenLoras(files));
  else await modelsDialog.offerFiles(found.files);
}

/** Takes over the settings of a finished picture. */
async function restorePicture(file: File, places: FilePlaces): Promise<void> {
  const settings = readPictureSettings(new Uint8Array(await file.arrayBuffer()));
  const { messages } = places;
  if (settings) messages.note(await restoreSettings(settings, 'all', places, file.name));
  else messages.note([{ kind: 'picture-without-settings', file: file.name }]);
}
