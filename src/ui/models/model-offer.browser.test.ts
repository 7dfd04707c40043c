import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ModelInspection } from '../../engine/protocol/library.ts';
import type { CatalogEntry } from './catalog.ts';
import './model-offer.ts';
import type { Offer } from './model-offer.ts';

const INSPECTION: ModelInspection = {
  id: 'a',
  name: 'Apple',
  licence: undefined,
  source: 'apple.safetensors',
  assumptions: ['vae scaling_factor 0.13025'],
  byteLength: 3 * 2 ** 30,
  missingBytes: 2 ** 30,
  neededBytes: 2 ** 30,
  fetchBytes: 2 ** 31,
  storage: { usedBytes: 0, availableBytes: 2 ** 31, persisted: false },
};
const ENTRY: CatalogEntry = {
  id: 'a',
  name: 'Apple',
  url: 'https://models.example/a/',
  version: undefined,
  byteLength: undefined,
  licence: { name: 'Research', url: 'https://models.example/licence', isRestricted: true },
  isVerified: false,
};

async function show(change: Partial<Offer> = {}) {
  const element = document.createElement('emulsion-model-offer');
  element.offer = {
    reference: { kind: 'url', url: ENTRY.url },
    entry: undefined,
    licences: [],
    inspection: INSPECTION,
    failure: undefined,
    ...change,
  };
  document.body.append(element);
  await element.updateComplete;
  const root = element.renderRoot as ShadowRoot;
  const button = (name: string) =>
    [...root.querySelectorAll('button')].find(({ textContent }) => textContent.trim() === name);
  return { element, root, button, text: () => root.textContent.replace(/\s+/g, ' ') };
}

afterEach(() => {
  document.body.replaceChildren();
});

describe('the offer of a model', () => {
  it('says what it is and what it takes before it can be had', async () => {
    const { text, button, element } = await show();
    expect(text()).toContain('Apple');
    expect(text()).toContain('3.00 GB in this browser, 2.00 GB to download');
    expect(text()).toContain('Needs 1.00 GB of the browser');
    expect(text()).toContain('vae scaling_factor 0.13025');
    expect(text()).toContain('None is named here');
    const keep = vi.fn();
    element.addEventListener('keep-model', keep);
    button('Download and keep')?.click();
    expect(keep).toHaveBeenCalledOnce();
    const same = await show({ inspection: { ...INSPECTION, fetchBytes: INSPECTION.byteLength } });
    expect(same.text()).not.toContain('to download');
  });

  it('gives a restricted model only to those who accept its licence', async () => {
    const { text, button, element, root } = await show({
      entry: ENTRY,
      licences: ENTRY.licence ? [ENTRY.licence] : [],
    });
    expect(text()).toContain('Nobody has tried this address');
    expect(root.querySelector('a')?.href).toBe('https://models.example/licence');
    const wishes = vi.fn();
    for (const name of ['keep-model', 'use-model']) element.addEventListener(name, wishes);
    const buttons = ['Download and keep', 'Use once without storing'];
    for (const name of buttons) button(name)?.click();
    expect(wishes).not.toHaveBeenCalled();
    const box = root.querySelector('input');
    expect(root.activeElement).toBe(box);

    box?.click();
    await element.updateComplete;
    for (const name of buttons) button(name)?.click();
    expect(wishes).toHaveBeenCalledTimes(2);

    element.offer = { ...element.offer, reference: { kind: 'url', url: 'https://models.example/b/' } };
    await element.updateComplete;
    button('Download and keep')?.click();
    expect(wishes).toHaveBeenCalledTimes(2);
  });

  it('says of a composition what comes from where, and asks for the licences of its parts', async () => {
    const { text, button, element } = await show({
      reference: {
        kind: 'composed',
        base: { kind: 'url', url: 'https://models.example/b/' },
        parts: { unet: { kind: 'url', url: ENTRY.url } },
      },
      licences: ENTRY.licence ? [ENTRY.licence] : [],
      inspection: { ...INSPECTION, licence: 'MIT' },
    });
    expect(text()).toContain('https://models.example/b/ + unet: https://models.example/a/');
    expect(text()).toMatch(/MIT\s+Research/);
    const keep = vi.fn();
    element.addEventListener('keep-model', keep);
    button('Download and keep')?.click();
    expect(keep).not.toHaveBeenCalled();
  });

  it('offers what is too large only without storing it', async () => {
    const storage = { ...INSPECTION.storage, availableBytes: 2 ** 29 };
    const { text, button } = await show({ inspection: { ...INSPECTION, storage } });
    expect(text()).toContain('only about 512 MB are free');
    expect(button('Download and keep')).toBeUndefined();
    expect(button('Use once without storing')?.className).toBe('primary');
  });

  it('waits, and says what went wrong', async () => {
    const waiting = await show({ inspection: undefined });
    expect(waiting.root.querySelector('[role=status]')?.textContent).toContain('Looking');
    const failed = await show({
      inspection: undefined,
      failure: { code: 'model/config-missing', detail: { file: 'model_index.json' } },
    });
    expect(failed.root.querySelector('[role=alert]')?.textContent).toContain('model_index.json');
    const again = vi.fn();
    failed.element.addEventListener('look-again', again);
    failed.button('Try again')?.click();
    expect(again).toHaveBeenCalledOnce();
  });
});
