/** @file What becomes of files that are dropped on the page, or pasted. */
import { toPlainError } from '../../error.ts';
import type { GalleryControl } from '../gallery/gallery-control.ts';
import { givenLoras, sortDropped } from '../loras/lora-drop.ts';
import type { PageMessages } from '../parts/page-messages.ts';
import type { GivenLora } from '../../store/lora-shelf.ts';
import { readPictureSettings } from '../settings/picture-settings.ts';
import type { RestoreControl } from '../sharing/restore-control.ts';
import type { PageDialogs } from './dialogs.ts';

/** The parts of the page that take files. */
export interface FilePlaces {
  readonly restoring: RestoreControl;
  readonly gallery: GalleryControl;
  readonly dialogs: PageDialogs;
  readonly messages: PageMessages;
}

/**
 * LoRAs go on the shelf, archives into the gallery, and pictures, too, while it is open; else a picture gives its settings.
 * Whatever else there is is looked at as a model. Never rejects.
 */
export async function takeFiles(given: Promise<readonly File[]>, places: FilePlaces): Promise<void> {
  try {
    await sortOut(await given, places);
  } catch (error) {
    // A folder that vanished between the drop and the look at it, a file that is no picture.
    places.messages.fail(toPlainError(error));
  }
}

async function sortOut(files: readonly File[], places: FilePlaces): Promise<void> {
  const { dialogs, gallery } = places;
  const found = await sortDropped(files);
  const takeLoras = (loras: readonly GivenLora[]): Promise<void> =>
    dialogs.open('emulsion-loras-dialog', (dialog) => dialog.take(loras));
  if (found.kind === 'archive' || (found.kind === 'picture' && gallery.isOpen)) await gallery.import(files);
  else if (found.kind === 'picture') await restorePicture(found.file, places);
  else if (found.kind === 'loras') await takeLoras(found.loras);
  // What is no LoRA, though it was dropped among them, is told why.
  else if (dialogs.isOpen('emulsion-loras-dialog')) await takeLoras(await givenLoras(files));
  else await dialogs.open('emulsion-models-dialog', (dialog) => dialog.offerFiles(found.files));
}

/** Takes over the settings of a finished picture. */
async function restorePicture(file: File, { restoring, messages }: FilePlaces): Promise<void> {
  const settings = readPictureSettings(new Uint8Array(await file.arrayBuffer()));
  if (settings) await restoring.restore(settings, 'all', file.name);
  else messages.note([{ kind: 'picture-without-settings', file: file.name }]);
}
