/** @file Pictures on their way to the disk: as they are, or with the mark that people see, if the user wants it. */
import { currentLocale } from '../../locale/index.ts';
import { readPreference, writePreference } from '../parts/preferences.ts';
import { saveFile } from '../parts/save-file.ts';

const PREFERENCE = 'visible-mark';

/** Whether saved files get the mark. */
export function isMarking(): boolean {
  return readPreference(PREFERENCE) === 'on';
}

export function setMarking(isOn: boolean): void {
  writePreference(PREFERENCE, isOn ? 'on' : 'off');
}

/** A picture as it is saved. The one in the gallery stays as it is. */
export async function savedPicture(png: Blob): Promise<Blob> {
  if (!isMarking()) return png;
  const { markedPicture } = await import('./marked-picture.ts');
  return markedPicture(png, currentLocale());
}

/** For the click on a link that downloads a picture: the browser does it, unless the mark is wanted. May reject then. */
export async function saveMarked(event: Event, url: string, fileName: string): Promise<void> {
  if (!isMarking()) return;
  event.preventDefault();
  const png = await (await fetch(url)).blob();
  saveFile(await savedPicture(png), fileName);
}
