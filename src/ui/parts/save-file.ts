/** @file Hands a file over to the user. */

/** Some browsers look at the address only after the click is over. */
const KEEP_MS = 10_000;

/** Saves a file as a download of the browser's. */
export function saveFile(file: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEEP_MS);
}
