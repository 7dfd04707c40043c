/** @file What may be made of a picture, of none, of one that the model does not paint again, and of one that cannot be larger. */
import { page } from 'vitest/browser';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ModelDescription } from '../../engine/protocol/model.ts';
import { VIEWPORTS } from '../../testing/viewports.ts';
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
const SIZE = { width: 64, height: 64 };
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

  async function show(key: string): Promise<void> {
    Object.assign(actions, { key, size: SIZE });
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
    await show('a');
    for (const name of SISTERS) await press(name);
    expect(made).toEqual([
      { kind: 'sister', degree: 'subtle' },
      { kind: 'sister', degree: 'strong' },
    ]);
  });

  it('has no sisters where the model does not make the same again, and is only begun from where it is another', async () => {
    actions.repeatable = false;
    await show('a');
    expect(names()).toEqual(ALL.filter((name) => !SISTERS.includes(name)));
    actions.model = undefined;
    await show('b');
    expect(names()).toEqual(['Begin from this']);
    await press('Begin from this');
    expect(made).toEqual([{ kind: 'begin' }]);
  });

  it('says why it is not painted larger, until another one is there', async () => {
    actions.refusals = new Map([['128×128', { code: 'engine/internal', detail: { reason: 'too large' } }]]);
    await show('a');
    await press('Larger 2×');
    expect(made).toEqual([]);
    expect(remark()).toContain('too large');
    await press('Larger 1.5×');
    expect(made).toEqual([{ kind: 'larger', size: { width: 96, height: 96 } }]);
    await press('Larger 2×');
    await show('b');
    await vi.waitFor(() => expect(remark()).toBe(''));
  });
});
