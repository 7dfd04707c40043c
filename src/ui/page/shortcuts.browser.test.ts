import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Shortcuts } from './shortcuts.ts';

const generate = vi.fn();
const cancel = vi.fn();
const stopAll = vi.fn();
const help = vi.fn();
let isCovered = false;
const host = {
  addController: () => undefined,
  removeController: () => undefined,
  requestUpdate: () => undefined,
  updateComplete: Promise.resolve(true),
};
const shortcuts = new Shortcuts(host, { isCovered: () => isCovered, generate, cancel, stopAll, help });

beforeEach(() => {
  vi.clearAllMocks();
  shortcuts.hostConnected();
});
afterEach(() => shortcuts.hostDisconnected());

function press(key: string, init: KeyboardEventInit = {}): KeyboardEvent {
  const event = new KeyboardEvent('keydown', { key, cancelable: true, bubbles: true, ...init });
  document.body.dispatchEvent(event);
  return event;
}

it.each([{ ctrlKey: true }, { metaKey: true }])('generates with Enter and %j', (modifier) => {
  expect(press('Enter', modifier).defaultPrevented).toBe(true);
  expect(generate).toHaveBeenLastCalledWith(false);
  press('Enter', { ...modifier, shiftKey: true });
  expect(generate).toHaveBeenLastCalledWith(true);
  expect(generate).toHaveBeenCalledTimes(2);
  expect(cancel).not.toHaveBeenCalled();
});

it('cancels with Escape', () => {
  press('Escape');
  expect(cancel).toHaveBeenCalledOnce();
});

it.each([{ ctrlKey: true }, { metaKey: true }])('stops all with Shift, X and %j', (modifier) => {
  // Shift makes it a capital, unless Caps Lock is on.
  for (const key of ['X', 'x'])
    expect(press(key, { ...modifier, shiftKey: true }).defaultPrevented).toBe(true);
  press('x', modifier);
  expect(stopAll).toHaveBeenCalledTimes(2);
});

it('lists the keys with a question mark, except where it is text or held with more', () => {
  expect(press('?', { shiftKey: true }).defaultPrevented).toBe(true);
  expect(help).toHaveBeenCalledOnce();
  press('?', { ctrlKey: true });
  for (const markup of [
    '<textarea></textarea>',
    '<input>',
    '<input type="search">',
    '<input type="number">',
  ]) {
    const field = document.createRange().createContextualFragment(markup).firstElementChild as HTMLElement;
    document.body.append(field);
    const event = new KeyboardEvent('keydown', { key: '?', cancelable: true, bubbles: true });
    field.dispatchEvent(event);
    expect(event.defaultPrevented).toBe(false);
    field.remove();
  }
  expect(help).toHaveBeenCalledOnce();
  const box = document.createElement('input');
  box.type = 'checkbox';
  document.body.append(box);
  box.dispatchEvent(new KeyboardEvent('keydown', { key: '?', bubbles: true }));
  box.remove();
  expect(help).toHaveBeenCalledTimes(2);
});

it('leaves alone Enter without a modifier, and other keys', () => {
  expect(press('Enter').defaultPrevented).toBe(false);
  press('a', { ctrlKey: true });
  expect(generate).not.toHaveBeenCalled();
  expect(cancel).not.toHaveBeenCalled();
});

it('leaves every key to what covers the page', () => {
  isCovered = true;
  expect(press('Enter', { ctrlKey: true }).defaultPrevented).toBe(false);
  press('Escape');
  isCovered = false;
  expect(generate).not.toHaveBeenCalled();
  expect(cancel).not.toHaveBeenCalled();
});

it('leaves every key to an input method that is composing', () => {
  expect(press('Enter', { ctrlKey: true, isComposing: true }).defaultPrevented).toBe(false);
  press('Escape', { isComposing: true });
  expect(generate).not.toHaveBeenCalled();
  expect(cancel).not.toHaveBeenCalled();
});

it('ends with its host', () => {
  shortcuts.hostDisconnected();
  press('Escape');
  expect(cancel).not.toHaveBeenCalled();
});
