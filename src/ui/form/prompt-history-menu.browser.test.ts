/** @file Earlier prompts where there are none, where the browser keeps none, and where somebody else wrote them. */
import { page } from 'vitest/browser';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { VIEWPORTS } from '../../testing/viewports.ts';
import { EmulsionPromptHistoryMenu } from './prompt-history-menu.ts';

const EMPTY = 'Prompts that you generate from are kept here, in this browser alone.';

describe.each(VIEWPORTS)('earlier prompts on %s', (_name, width, height) => {
  let menu: EmulsionPromptHistoryMenu;

  beforeEach(async () => {
    await page.viewport(width, height);
    localStorage.clear();
    await open();
  });
  afterEach(() => {
    vi.restoreAllMocks();
    document.body.replaceChildren();
    localStorage.clear();
  });

  /** The menu as a visit begins, at the end of a line as in the form. */
  async function open(): Promise<void> {
    const line = document.createElement('div');
    line.style.cssText = 'display: flex; justify-content: end';
    menu = new EmulsionPromptHistoryMenu();
    line.append(menu);
    document.body.replaceChildren(line);
    await menu.updateComplete;
    part('.open').click();
  }

  function part(selector: string): HTMLElement {
    const found = menu.shadowRoot?.querySelector<HTMLElement>(selector);
    if (!found) throw new Error(`there is no ${selector}`);
    return found;
  }

  const prompts = () =>
    [...part('#menu').querySelectorAll('li')].map(({ textContent }) => textContent.trim());
  const add = async (prompt: string): Promise<void> => {
    menu.add(prompt);
    await menu.updateComplete;
  };

  it('say what will be there, in a menu that lies within the window', () => {
    expect(menu.isOpen).toBe(true);
    expect(part('#menu').textContent.trim()).toBe(EMPTY);
    const { left, right, bottom } = part('#menu').getBoundingClientRect();
    expect(left).toBeGreaterThanOrEqual(0);
    expect(right).toBeLessThanOrEqual(width);
    expect(bottom).toBeLessThanOrEqual(height);
  });

  it('are there, the newest first, until they are cleared', async () => {
    for (const prompt of ['a fox', 'a panda']) await add(prompt);
    expect(prompts()).toEqual(['a panda', 'a fox']);
    part('.clear').click();
    await menu.updateComplete;
    expect(menu.isOpen).toBe(false);
    expect(part('#menu').textContent.trim()).toBe(EMPTY);
    expect(part('[role=status]').textContent).toBe('The history is empty.');
  });

  it('last for the visit where the browser keeps nothing', async () => {
    for (const name of ['getItem', 'setItem'] as const)
      vi.spyOn(Storage.prototype, name).mockImplementation(() => {
        throw new DOMException('blocked', 'SecurityError');
      });
    await open();
    for (const prompt of ['a fox', 'a panda']) await add(prompt);
    expect(prompts()).toEqual(['a panda', 'a fox']);
    const picked = vi.fn<(prompt: string) => void>();
    menu.addEventListener('pick-prompt', (event) => picked((event as CustomEvent<string>).detail));
    part('li:last-child button').click();
    expect(picked).toHaveBeenCalledExactlyOnceWith('a fox');
    await open();
    expect(prompts()).toEqual([]);
  });

  it('begin anew where somebody else has written in their place', async () => {
    localStorage.setItem('emulsion:prompt-history', '{"a":');
    await open();
    expect(prompts()).toEqual([]);
    await add('a fox');
    await open();
    expect(prompts()).toEqual(['a fox']);
  });
});
