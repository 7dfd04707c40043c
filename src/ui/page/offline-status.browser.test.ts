import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { OfflineSite, OfflineState } from '../../offline/offline-site.ts';
import { EmulsionOfflineStatus } from './offline-status.ts';

/** A site whose state the test sets. */
class FakeSite extends EventTarget {
  state: OfflineState = 'installing';
  readonly acceptUpdate = vi.fn();

  become(state: OfflineState): void {
    this.state = state;
    this.dispatchEvent(new Event('change'));
  }
}

let site: FakeSite;
let element: EmulsionOfflineStatus;

beforeEach(() => {
  localStorage.clear();
  open();
});
afterEach(() => {
  element.remove();
  localStorage.clear();
});

/** The page, opened anew. */
function open(): void {
  site = new FakeSite();
  element = new EmulsionOfflineStatus();
  element.site = site as unknown as OfflineSite;
  document.body.append(element);
}

async function text(): Promise<string> {
  await element.updateComplete;
  return element.shadowRoot?.querySelector('[role=status]')?.textContent.trim() ?? 'no live region';
}

const button = () => element.shadowRoot?.querySelector('button');

it('says nothing until both the site and the model are kept, then says so once', async () => {
  expect(await text()).toBe('');
  site.become('ready');
  expect(await text()).toBe('');
  element.stored = true;
  expect(await text()).toBe('Ready to work offline');
  button()?.click();
  expect(await text()).toBe('');

  element.remove();
  open();
  element.stored = true;
  site.become('ready');
  expect(await text()).toBe('');
});

it('keeps quiet where nothing can be kept', async () => {
  element.stored = true;
  site.become('unsupported');
  expect(await text()).toBe('');
});

it('offers an update, which a picture being painted holds back', async () => {
  site.become('update');
  expect(await text()).toMatch(/^Update available\s+Reload$/);
  element.busy = true;
  await element.updateComplete;
  expect(button()?.disabled).toBe(true);
  button()?.click();
  expect(site.acceptUpdate).not.toHaveBeenCalled();
  element.busy = false;
  await element.updateComplete;
  button()?.click();
  expect(site.acceptUpdate).toHaveBeenCalledOnce();
  site.become('updating');
  expect(await text()).toBe('Updating…');
});
