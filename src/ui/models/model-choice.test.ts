/** @file Which models are at hand under the name that pictures have. */
import type { ReactiveControllerHost } from 'lit';
import { expect, it, vi } from 'vitest';
import type { Engine } from '../../engine/protocol/engine.ts';
import type { CatalogEntry } from './catalog.ts';
import { ModelChoice } from './model-choice.ts';

const HOST = { addController: () => undefined } as Partial<ReactiveControllerHost> as ReactiveControllerHost;
const MODELS = [
  { id: 'a', name: 'A: B, C', state: 'ready' },
  { id: 'half', name: 'Half', state: 'incomplete' },
];

it('knows those that are stored whole, and the one that comes with the site', async () => {
  const list = vi.fn(() => Promise.resolve({ models: MODELS }));
  const choice = new ModelChoice(HOST, {
    engine: () => ({ library: { list } }) as unknown as Engine,
    onFailure: () => undefined,
    isLookedAt: () => false,
  });
  const entries = [
    { id: 'emoji', name: 'Emulsion emoji' },
    { id: 'far', name: 'Far away' },
  ] as CatalogEntry[];
  choice.catalog = { defaultId: 'emoji', entries };
  expect(await choice.idOf('A B C')).toBe('a');
  expect(await choice.idOf('Emulsion emoji')).toBe('emoji');
  for (const name of ['Half', 'Far away', 'unheard of']) expect(await choice.idOf(name)).toBeUndefined();
  // Without a store there is still the site's own.
  list.mockRejectedValue(new Error('blocked'));
  expect(await choice.idOf('Emulsion emoji')).toBe('emoji');
  expect(await choice.idOf('A B C')).toBeUndefined();
});
