/** @file Which models of pictures are at hand. */
import type { ReactiveControllerHost } from 'lit';
import { expect, it, vi } from 'vitest';
import type { Engine } from '../../engine/protocol/engine.ts';
import type { CatalogEntry } from './catalog.ts';
import { ModelChoice } from './model-choice.ts';

const HOST = { addController: () => undefined } as Partial<ReactiveControllerHost> as ReactiveControllerHost;
const MODELS = [
  { id: 'a', name: 'A: B, C', hash: '0000000000', state: 'ready' },
  { id: 'b', name: 'B', hash: '1111111111', state: 'ready' },
  { id: 'b-2', name: 'B', hash: '2222222222', state: 'ready' },
  { id: 'half', name: 'Half', hash: '3333333333', state: 'incomplete' },
];
const of = (model: string, modelHash?: string) => ({ model, modelHash, hasOurHash: true });

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
  expect(await choice.idOf(of('A B C'))).toBe('a');
  expect(await choice.idOf(of('Emulsion emoji', '4444444444'))).toBe('emoji');
  for (const name of ['Half', 'Far away', 'unheard of']) expect(await choice.idOf(of(name))).toBeUndefined();
  // Of one name, by what they weigh.
  expect(await choice.idOf(of('B', '2222222222'))).toBe('b-2');
  expect(await choice.idOf(of('B'))).toBeUndefined();
  // Without a store there is still the site's own.
  list.mockRejectedValue(new Error('blocked'));
  expect(await choice.idOf(of('Emulsion emoji'))).toBe('emoji');
  expect(await choice.idOf(of('A B C'))).toBeUndefined();
});
