/** @file A link to what the form says, copied, and where the browser refuses to copy it. */
import { page } from 'vitest/browser';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { VIEWPORTS } from '../../testing/viewports.ts';
import { EmulsionShareButton } from './share-button.ts';

const LINK = `https://example.org/emulsion/#prompt=${'a+fox+in+the+snow+'.repeat(20)}`;

describe.each(VIEWPORTS)('a link on %s', (_name, width, height) => {
  let button: EmulsionShareButton;

  beforeEach(async () => {
    await page.viewport(width, height);
    button = new EmulsionShareButton();
    button.link = () => LINK;
    document.body.replaceChildren(button);
    await button.updateComplete;
  });
  afterEach(() => {
    vi.restoreAllMocks();
    document.body.replaceChildren();
  });

  const outcome = () => button.shadowRoot?.querySelector('[role=status]')?.textContent.trim();
  const address = () => button.shadowRoot?.querySelector('input');
  const press = () => button.shadowRoot?.querySelector('button')?.click();

  it('is copied, which is said', async () => {
    const copy = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue();
    expect(outcome()).toBe('Prompt and settings, no picture; nothing is sent.');
    press();
    await vi.waitFor(() => expect(outcome()).toBe('The link is on the clipboard.'));
    expect(copy).toHaveBeenCalledExactlyOnceWith(LINK);
    expect(address()).toBeNull();
  });

  it('is there to be selected where the browser does not allow copying, until it does', async () => {
    const copy = vi.spyOn(navigator.clipboard, 'writeText');
    copy.mockRejectedValueOnce(new DOMException('no', 'NotAllowedError'));
    press();
    await vi.waitFor(() => expect(outcome()).toContain('The browser does not allow copying.'));
    const input = address();
    expect(input?.ariaLabel).toBe('Link');
    await vi.waitFor(() => expect([input?.selectionStart, input?.selectionEnd]).toEqual([0, LINK.length]));
    expect(input?.value).toBe(LINK);
    expect(input?.getBoundingClientRect().right).toBeLessThanOrEqual(width);

    copy.mockResolvedValueOnce();
    press();
    await vi.waitFor(() => expect(outcome()).toBe('The link is on the clipboard.'));
    expect(address()).toBeNull();
  });
});
