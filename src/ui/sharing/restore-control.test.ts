/** @file A picture of another model, which the page has at hand. */
import type { ReactiveControllerHost } from 'lit';
import { beforeEach, expect, it, vi } from 'vitest';
import { PageMessages } from '../parts/page-messages.ts';
import { settingsOf } from '../settings/picture-settings.ts';
import { RestoreControl } from './restore-control.ts';
import type { SettingsPlaces } from './restore-settings.ts';

const HOST = {
  requestUpdate: () => undefined,
  updateComplete: Promise.resolve(true),
} as Partial<ReactiveControllerHost> as ReactiveControllerHost;
const SETTINGS = settingsOf({
  ...{ prompt: 'a fox', negative: '' },
  values: { Steps: '3', Seed: '7', Model: 'A B', 'Model hash': '0123456789', RNG: 'CPU' },
});

const formRestore = vi.fn((_: object) => Promise.resolve([]));
let name: string;
let hash: string | undefined;
let opens: boolean;
let messages: PageMessages;
let restoring: RestoreControl;

beforeEach(() => {
  formRestore.mockClear();
  [name, hash, opens] = ['another', undefined, true];
  messages = new PageMessages(HOST);
  restoring = new RestoreControl(HOST, {
    places: () =>
      ({
        form: { restore: formRestore, settled: Promise.resolve() },
        loras: { restore: ({ prompt }: { prompt: string }) => ({ prompt, notices: [] }) },
        model: { name, hash, sizeMultiple: 8 },
      }) as unknown as SettingsPlaces,
    messages,
    idOfModel: ({ model }) => Promise.resolve(model === 'A B' ? 'a' : undefined),
    openModel: () => {
      if (opens) name = 'A, B';
      return Promise.resolve(opens);
    },
  });
});

const other = () => messages.notices.find(({ kind }) => kind === 'picture-other-model');

it('offers the model, and takes over with it what depends on it, but not what may have been written anew', async () => {
  await restoring.restore(SETTINGS, 'all', 'fox.png');
  expect(other()).toEqual({ kind: 'picture-other-model', model: 'A B (0123456789)', id: 'a' });
  await restoring.useModel('a');
  const [settings] = formRestore.mock.lastCall ?? [];
  expect(settings).toMatchObject({ steps: 3 });
  expect(Object.keys(settings ?? {})).not.toEqual(
    expect.arrayContaining([expect.stringMatching(/^(prompt|negative|seed|variation|strength)$/)]),
  );
  // Pictures have names of models without commas.
  expect(other()).toBeUndefined();
  expect(messages.notices).toContainEqual({ kind: 'picture-restored', file: 'fox.png' });
});

it('leaves everything as it is where the model does not open', async () => {
  opens = false;
  await restoring.restore(SETTINGS, 'all', 'fox.png');
  formRestore.mockClear();
  await restoring.useModel('a');
  expect(formRestore).not.toHaveBeenCalled();
  expect(other()).toBeDefined();
});

it('offers no model that is not at hand', async () => {
  await restoring.restore({ ...SETTINGS, model: 'unheard of' }, 'all', 'fox.png');
  expect(other()).toEqual({ kind: 'picture-other-model', model: 'unheard of (0123456789)' });
});

it('tells models of one name apart by the weights that the picture was painted with', async () => {
  const ours = { ...SETTINGS, hasOurHash: true };
  name = 'A, B';
  for (const [opened, isOther] of [
    ['0123456789', false],
    ['abcdef0123', true],
  ] as const) {
    hash = opened;
    await restoring.restore(ours, 'all', 'fox.png');
    expect(other() !== undefined, opened).toBe(isOther);
  }
});
