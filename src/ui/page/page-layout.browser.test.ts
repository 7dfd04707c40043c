/** @file What has another place once there is a picture, and stays in the page on its way there. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { EmulsionPageLayout } from './page-layout.ts';

const left = vi.fn();
class Kept extends HTMLElement {
  disconnectedCallback(): void {
    left();
  }
}
customElements.define('test-kept', Kept);

let layout: EmulsionPageLayout;

beforeEach(() => {
  left.mockClear();
  layout = new EmulsionPageLayout();
  layout.innerHTML = `<p slot="picture">picture</p><button>form</button>
    <div slot="around"><test-kept tabindex="0">kept</test-kept></div>`;
  document.body.append(layout);
});
afterEach(() => layout.remove());

const find = (selector: string) => layout.querySelector<HTMLElement>(selector);
const top = (selector: string) => find(selector)?.getBoundingClientRect().top ?? NaN;

async function become(idle: boolean): Promise<void> {
  layout.idle = idle;
  await layout.updateComplete;
  // With a frame, browsers take the focus from what is not to be seen any more.
  for (let frames = 0; frames < 2; frames++) await new Promise(requestAnimationFrame);
}

it('moves what is around the picture with its focus, and not out of the page', async () => {
  // The window of these tests is a phone's.
  await become(true);
  expect(top('test-kept')).toBeGreaterThan(top('button'));
  find('test-kept')?.focus();
  await become(false);
  expect(top('test-kept')).toBeLessThan(top('button'));
  expect(document.activeElement).toBe(find('test-kept'));
  await become(true);
  expect(top('test-kept')).toBeGreaterThan(top('button'));
  expect(document.activeElement).toBe(find('test-kept'));
  expect(left).not.toHaveBeenCalled();
});
