/** @file The form as it follows what is chosen in it, and the models it is given. */
import { page } from 'vitest/browser';
import { afterEach, describe, expect, it } from 'vitest';
import type { BackendChoice } from '../../engine/protocol/generate.ts';
import type { ModelDescription } from '../../engine/protocol/model.ts';
import { VIEWPORTS } from '../../testing/viewports.ts';
import './guidance-form.ts';
import './advanced-form.ts';
import './prompt-form.ts';

const MODEL: ModelDescription = {
  id: 'a',
  name: 'Apple',
  licence: undefined,
  hash: undefined,
  width: 64,
  height: 64,
  steps: 4,
  sampler: 'turbo',
  guidance: 'first-step',
  guidanceScale: 1.5,
  takesGuidanceScale: false,
  mostClipSkip: 0,
  sizeMultiple: 8,
  hasPreviews: false,
  examples: {},
  sizes: [],
  styles: undefined,
};

afterEach(() => {
  document.body.replaceChildren();
});

/** What a user does. */
function choose(select: HTMLSelectElement, value: string): void {
  select.value = value;
  select.dispatchEvent(new Event('change'));
}

function selectIn(element: HTMLElement, id: string): HTMLSelectElement {
  const select = element.shadowRoot?.querySelector<HTMLSelectElement>(`select#${id}`);
  if (!select) throw new Error(`there is no list “${id}”`);
  return select;
}

it('begins with what is chosen, though it is not the first, and follows what is chosen elsewhere', async () => {
  const form = document.createElement('emulsion-advanced-form');
  form.backend = 'wasm';
  document.body.append(form);
  await form.updateComplete;
  const backend = selectIn(form, 'backend');
  expect(backend.value).toBe('wasm');
  form.addEventListener('choose-backend', (event) => {
    form.backend = (event as CustomEvent<BackendChoice>).detail;
  });
  choose(backend, 'webgpu');
  await form.updateComplete;
  expect([form.backend, backend.value]).toEqual(['webgpu', 'webgpu']);
  form.backend = 'wasm';
  await form.updateComplete;
  expect(backend.value).toBe('wasm');
});

it('goes back when another model takes the choice back', async () => {
  const form = document.createElement('emulsion-prompt-form');
  form.model = MODEL;
  document.body.append(form);
  await form.updateComplete;
  const advanced = form.shadowRoot?.querySelector('emulsion-advanced-form');
  await advanced?.updateComplete;
  const guidance = advanced?.shadowRoot?.querySelector('emulsion-guidance-form');
  if (!advanced || !guidance) throw new Error('the form has no guidance');
  await guidance.updateComplete;
  choose(selectIn(guidance, 'guidance'), 'full');
  await form.updateComplete;
  await advanced.updateComplete;
  await guidance.updateComplete;
  expect(guidance.settings.guidance).toBe('full');
  form.model = { ...MODEL, id: 'b' };
  await form.updateComplete;
  await advanced.updateComplete;
  await guidance.updateComplete;
  expect([guidance.settings.guidance, selectIn(guidance, 'guidance').value]).toEqual(['auto', 'auto']);
});

it('shows what holds where a choice is not taken', async () => {
  const form = document.createElement('emulsion-advanced-form');
  document.body.append(form);
  await form.updateComplete;
  choose(selectIn(form, 'backend'), 'wasm');
  form.requestUpdate();
  await form.updateComplete;
  expect(selectIn(form, 'backend').value).toBe('auto');
});

it('keeps the styles of a picture while another model of the same styles is opened', async () => {
  const form = document.createElement('emulsion-prompt-form');
  form.model = MODEL;
  document.body.append(form);
  await form.settled;
  const prompt = 'photograph of a fox, natural light, sharp focus, fine detail';
  expect(await form.restore({ prompt, styles: ['photo'] })).toEqual([]);
  expect(form.shared).toMatchObject({ prompt, styles: ['photo'] });
  form.model = { ...MODEL, id: 'b' };
  await form.settled;
  expect(await form.restore({ styles: ['photo'] })).toEqual([]);
  expect(form.shared).toMatchObject({ prompt, styles: ['photo'] });
  // One with styles of its own does not know that one.
  form.model = { ...MODEL, id: 'c', styles: [] };
  await form.settled;
  expect(form.shared).toMatchObject({ prompt: 'a fox', styles: [] });
});

describe.each(VIEWPORTS)('a negative prompt on %s', (_name, width, height) => {
  it('is there, and is ordered, where it acts alone, and keeps what was written meanwhile', async () => {
    await page.viewport(width, height);
    const form = document.createElement('emulsion-prompt-form');
    document.body.append(form);
    await form.updateComplete;
    const field = () => form.shadowRoot?.querySelector<HTMLTextAreaElement>('#negative');
    const show = async (guidance: ModelDescription['guidance']): Promise<void> => {
      form.model = { ...MODEL, id: guidance, guidance };
      await form.settled;
    };
    // Without a model it is not known whether it would act.
    expect(field()).toBeNull();

    await show('full');
    expect(form.draft).not.toHaveProperty('negative');
    const input = field();
    if (!input) throw new Error('there is no negative prompt');
    expect(input.getBoundingClientRect().right).toBeLessThanOrEqual(width);
    input.value = ' blur ';
    input.dispatchEvent(new Event('input'));
    await form.updateComplete;
    expect(form.draft).toHaveProperty('negative', 'blur');

    for (const guidance of ['off', 'distilled'] as const) {
      await show(guidance);
      expect(field()).toBeNull();
      expect(form.draft).toBeDefined();
      expect(form.draft).not.toHaveProperty('negative');
    }
    await show('first-step');
    expect(field()?.value).toBe(' blur ');
    expect(form.draft).toHaveProperty('negative', 'blur');
  });
});
