/** @file What may be made of a picture, of none, of another model's, and of one that cannot be painted larger. */
import { page } from 'vitest/browser';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ModelDescription } from '../../engine/protocol/model.ts';
import { VIEWPORTS } from '../../testing/viewports.ts';
import type { Picture } from './generation.ts';
import { EmulsionPictureActions } from './picture-actions.ts';
import type { Offspring } from './picture-offspring.ts';

const MODEL = {
  id: 'a',
  name: 'Apple',
  width: 64,
  height: 64,
  sizeMultiple: 8,
  sizes: [],
} as Partial<ModelDescription> as ModelDescription;
const PICTURE = {
  model: { id: 'a', name: 'Apple' },
  url: 'blob:a',
  width: 64,
  height: 64,
} as Partial<Picture> as Picture;
const SISTERS = ['Vary subtly', 'Vary strongly'];
const ALL = ['Begin from this', ...SISTERS, 'Larger 1.5×', 'Larger 2×'];

describe.each(VIEWPORTS)('a picture on %s', (_name, width, height) => {
  let actions: EmulsionPictureActions;
  let made: Offspring[];

  beforeEach(async () => {
    await page.viewport(width, height);
    made = [];
    actions = new EmulsionPictureActions();
    actions.model = MODEL;
    actions.addEventListener('make-of-picture', (event) =>
      made.push((event as CustomEvent<Offspring>).detail),
    );
    document.body.replaceChildren(actions);
    await actions.updateComplete;
  });
  afterEach(() => {
    document.body.replaceChildren();
  });

  const buttons = () => [...(actions.shadowRoot?.querySelectorAll('button') ?? [])];
  const names = () => buttons().map(({ textContent }) => textContent.trim());
  const remark = () => actions.shadowRoot?.querySelector('[role=status]')?.textContent;

  async function show(picture: Picture): Promise<void> {
    actions.picture = picture;
    await actions.updateComplete;
  }

  async function press(name: string): Promise<void> {
    buttons()
      .find(({ textContent }) => textContent.trim() === name)
      ?.click();
    await actions.updateComplete;
  }

  it('has its actions before it is there, which do nothing', async () => {
    expect(names()).toEqual(ALL);
    for (const button of buttons()) {
      expect(button.ariaDisabled).toBe('true');
      expect(button.getBoundingClientRect().right).toBeLessThanOrEqual(width);
    }
    for (const name of ALL) await press(name);
    expect(made).toEqual([]);
  });

  it('is varied as far as is said', async () => {
    await show(PICTURE);
    for (const name of SISTERS) await press(name);
    expect(made).toEqual([
      { kind: 'sister', picture: PICTURE, degree: 'subtle' },
      { kind: 'sister', picture: PICTURE, degree: 'strong' },
    ]);
  });

  it('has no sisters of a model that did not paint it', async () => {
    await show({ ...PICTURE, model: { id: 'b', name: 'Bear' } });
    expect(names()).toEqual(['Begin from this']);
  });

  it('says why it is not painted larger, until another one is there', async () => {
    actions.refusals = new Map([['128×128', { code: 'engine/internal', detail: { reason: 'too large' } }]]);
    await show(PICTURE);
    await press('Larger 2×');
    expect(made).toEqual([]);
    expect(remark()).toContain('too large');
    await press('Larger 1.5×');
    expect(made).toEqual([{ kind: 'larger', picture: PICTURE, size: { width: 96, height: 96 } }]);
    await press('Larger 2×');
    await show({ ...PICTURE, url: 'blob:b' });
    await vi.waitFor(() => expect(remark()).toBe(''));
  });
});
