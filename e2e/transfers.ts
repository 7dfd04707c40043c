/** @file Files on their way into the page, by mouse or clipboard. */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test, type JSHandle, type Page } from '@playwright/test';

/** A file or folder on the disk, or a file that has only a name and bytes. */
export type Given = string | { readonly name: string; readonly bytes: Uint8Array };

/**
 * Drops files on the page, as from a file manager: the browser itself does it, with files of the disk. Under load Chromium
 * may lose a drop that comes at once after the drag, as no hand can make it; that one is made again.
 */
export async function dropFiles(page: Page, ...files: readonly Given[]): Promise<void> {
  const { width, height } = page.viewportSize() ?? { width: 2, height: 2 };
  const data = { items: [], files: files.map(onDisk), dragOperationsMask: 1 };
  const session = await page.context().newCDPSession(page);
  const arrival = await page.evaluateHandle(() => {
    const seen = { drop: false };
    window.addEventListener('drop', () => (seen.drop = true), { capture: true, once: true });
    return seen;
  });
  await expect(async () => {
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
      await session.send('Input.dispatchDragEvent', { type, x: width / 2, y: height / 2, data });
    const isSeen = (): Promise<boolean> => arrival.evaluate(({ drop }) => drop);
    await expect.poll(isSeen, { timeout: 3000 }).toBe(true);
  }).toPass({ timeout: 30_000 });
  await session.detach();
}

/** Pastes files into what has the focus. */
export async function pasteFiles(page: Page, ...files: readonly string[]): Promise<void> {
  const clipboardData = await transferOf(page, ...files);
  await page.evaluate((data) => {
    const options = { bubbles: true, cancelable: true, composed: true, clipboardData: data };
    document.body.dispatchEvent(new ClipboardEvent('paste', options));
  }, clipboardData);
}

/** What a drag or the clipboard holds, for events of a test's own. */
export function transferOf(page: Page, ...files: readonly Given[]): Promise<JSHandle<DataTransfer>> {
  const contents = files.map((file) => {
    const name = typeof file === 'string' ? path.basename(file) : file.name;
    const bytes = typeof file === 'string' ? readFileSync(file) : Buffer.from(file.bytes);
    return { name, type: name.endsWith('.png') ? 'image/png' : '', base64: bytes.toString('base64') };
  });
  return page.evaluateHandle((all) => {
    const dataTransfer = new DataTransfer();
    for (const { name, type, base64 } of all) {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      dataTransfer.items.add(new File([bytes], name, { type }));
    }
    return dataTransfer;
  }, contents);
}

function onDisk(file: Given): string {
  if (typeof file === 'string') return path.resolve(file);
  const own = test.info().outputDir;
  mkdirSync(own, { recursive: true });
  const place = path.join(mkdtempSync(path.join(own, 'drop-')), file.name);
  writeFileSync(place, file.bytes);
  return place;
}
