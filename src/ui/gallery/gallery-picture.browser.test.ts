/** @file What may be made of a picture of the gallery, by the model that is open. */
import { afterEach, expect, it, vi } from 'vitest';
import type { Engine } from '../../engine/protocol/engine.ts';
import type { ModelDescription } from '../../engine/protocol/model.ts';
import type { PlainError } from '../../error.ts';
import type { GalleryRecord } from '../../gallery/record.ts';
import type { OffspringControl } from '../painting/offspring-control.ts';
import type { Offspring } from '../painting/picture-offspring.ts';
import { EmulsionGalleryPicture } from './gallery-picture.ts';

const MODEL = {
  id: 'a',
  name: 'Apple',
  hash: '0123456789',
  sizeMultiple: 8,
  sizes: [],
} as Partial<ModelDescription>;
const RECORD: GalleryRecord = {
  ...{ id: 'fox', createdAt: 1, isStarred: false, width: 64, height: 64, sizeBytes: 9 },
  ...{ prompt: 'a fox', negative: '' },
  values: { Seed: '7', Model: 'Apple', 'Model hash': '0123456789', RNG: 'CPU', Version: 'Emulsion 0.1' },
};
const REFUSAL: PlainError = {
  code: 'request/budget',
  detail: { width: 128, height: 128, neededMiB: 9, limitMiB: 8, fits: '' },
};
const VARY = ['Vary subtly', 'Vary strongly'];
const LARGER = ['Larger 1.5×', 'Larger 2×'];

const sizes = [
  { width: 96, height: 96 },
  { width: 128, height: 128 },
];
const question = vi.fn(() => ({ request: {}, sizes }));
const engine = { refusals: () => Promise.resolve([null, REFUSAL]) } as Partial<Engine>;
let element: EmulsionGalleryPicture;
afterEach(() => element.remove());

async function open(values: Readonly<Record<string, string>> = {}): Promise<void> {
  element = new EmulsionGalleryPicture();
  element.record = { ...RECORD, values: { ...RECORD.values, ...values } };
  element.fileOf = () => Promise.resolve(new Blob());
  element.model = MODEL as ModelDescription;
  element.offspring = { engine, question } as unknown as OffspringControl;
  question.mockClear();
  document.body.append(element);
  await element.updateComplete;
  await actions()?.updateComplete;
}

const actions = () => element.shadowRoot?.querySelector('emulsion-picture-actions');
const buttons = () => [...(actions()?.shadowRoot?.querySelectorAll('button') ?? [])];
const names = () => buttons().map(({ textContent }) => textContent.trim());
const button = (name: string) => buttons()[names().indexOf(name)];

it('offers it larger as far as the planner allows, and says why not', async () => {
  await open();
  expect(names()).toEqual(['Begin from this', ...VARY, ...LARGER]);
  const made = vi.fn((event: Event) => (event as CustomEvent<Offspring>).detail);
  element.addEventListener('make-of-picture', made);
  await vi.waitFor(() => expect(button('Larger 2×')?.ariaDisabled).toBe('true'));
  button('Larger 2×')?.click();
  await actions()?.updateComplete;
  expect(actions()?.shadowRoot?.querySelector('[role=status]')?.textContent).toContain('128×128 needs 9 MiB');
  expect(made).not.toHaveBeenCalled();
  expect(button('Larger 1.5×')?.title).toBe('96×96');
  button('Larger 1.5×')?.click();
  expect(made).toHaveReturnedWith({ kind: 'larger', size: { width: 96, height: 96 } });
});

it('offers no sister of what it cannot repeat, but that larger', async () => {
  await open({ 'Denoising strength': '0.5' });
  expect(names()).toEqual(['Begin from this', ...LARGER]);
});

it.each([
  ['another model of its name', { 'Model hash': 'abcdef0123' }],
  ['what is unknown here', { 'Schedule type': 'Exponential' }],
])('offers neither of %s, and asks nothing', async (_, values) => {
  await open(values);
  expect(names()).toEqual(['Begin from this']);
  expect(question).not.toHaveBeenCalled();
});
