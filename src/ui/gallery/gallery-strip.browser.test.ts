/** @file What the strip says when something is wrong with the gallery, and what can be done about it. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { GalleryState } from '../../gallery/gallery.ts';
import type { GalleryControl } from './gallery-control.ts';
import { EmulsionGalleryStrip } from './gallery-strip.ts';

const STATE: GalleryState = {
  ...{ phase: 'ready', records: [], damaged: 0, deleted: [], unkept: [], failure: undefined },
};
const control = {
  dismiss: vi.fn(),
  reload: vi.fn(),
  saveUnkept: vi.fn(),
  addUnkept: vi.fn(),
  dropUnkept: vi.fn(),
};
let strip: EmulsionGalleryStrip;

beforeEach(() => {
  vi.clearAllMocks();
  strip = new EmulsionGalleryStrip();
  strip.control = control as unknown as GalleryControl;
  strip.gallery = STATE;
  document.body.append(strip);
});
afterEach(() => strip.remove());

async function show(state: Partial<GalleryState>): Promise<void> {
  strip.gallery = { ...STATE, ...state };
  await strip.updateComplete;
  await message()?.updateComplete;
}

const message = () => strip.shadowRoot?.querySelector('emulsion-failure-message');
const words = () => strip.shadowRoot?.querySelector('.trouble p')?.textContent;
const press = (name: string) => {
  const roots = [strip.shadowRoot, message()?.shadowRoot];
  const buttons = roots.flatMap((root) => [...(root?.querySelectorAll('button') ?? [])]);
  buttons.find((button) => (button.ariaLabel ?? button.textContent.trim()) === name)?.click();
};

it('counts records that are damaged, until that is read', async () => {
  await show({ damaged: 2 });
  expect(words()).toBe('2 pictures cannot be read any more and are left out.');
  press('Dismiss');
  expect(control.dismiss).toHaveBeenCalledOnce();
});

it('looks again where the pictures could not be read', async () => {
  await show({ phase: 'failed', failure: { code: 'gallery/unavailable', detail: { reason: 'blocked' } } });
  expect(words()).toContain('blocked');
  press('Try again');
  expect(control.reload).toHaveBeenCalledOnce();
});

it('has everything that helps against a picture that is not kept', async () => {
  const failure = { code: 'gallery/full', detail: { neededMiB: 2 } } as const;
  const unkept = { png: new Uint8Array(1), createdAt: 1, failure };
  await show({ unkept: [unkept] });
  expect(message()?.shadowRoot?.textContent).toContain('no room for 2 MiB more');
  const opened = vi.fn();
  strip.addEventListener('open-gallery', opened);
  for (const name of ['Download it', 'Try again', 'Make room…', 'Do without it']) press(name);
  for (const act of [control.saveUnkept, control.addUnkept, opened, control.dropUnkept])
    expect(act).toHaveBeenCalledOnce();
  await show({
    unkept: [unkept, { ...unkept, failure: { code: 'gallery/unavailable', detail: { reason: 'x' } } }],
  });
  expect(message()?.shadowRoot?.textContent).toContain('2 pictures are not kept');
  press('Make room…');
  expect(opened).toHaveBeenCalledOnce();
  press('Download all 2');
  expect(control.saveUnkept).toHaveBeenCalledTimes(2);
});
