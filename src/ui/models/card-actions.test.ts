/** @file The list of models: which rows there are, and what each offers. */
import { describe, expect, it } from 'vitest';
import type { LibraryProgress, StoredModel } from '../../engine/protocol/library.ts';
import type { ModelReference } from '../../engine/protocol/model.ts';
import { cardActions } from './card-actions.ts';
import { parseCatalog } from './catalog.ts';
import type { LibraryState, LibraryWork } from './model-library.ts';
import { modelRows, type ModelRow } from './model-rows.ts';

const CATALOG = parseCatalog(
  JSON.stringify({
    default: 'own',
    models: [
      { id: 'own', url: 'own', name: 'Own' },
      { id: 'far', url: 'https://models.example/far', licence: { name: 'Research', restricted: true } },
    ],
  }),
  'https://example.org/models/catalog.json',
);

const URL_REFERENCE = { kind: 'url', url: 'https://models.example/a/' } as const;

function stored(change: Partial<StoredModel> = {}): StoredModel {
  return {
    id: 'a',
    name: 'A',
    licence: undefined,
    source: 'https://models.example/a/',
    reference: URL_REFERENCE,
    version: undefined,
    state: 'ready',
    byteLength: 100,
    storedBytes: 100,
    ownBytes: 100,
    hash: undefined,
    rounding: undefined,
    assumptions: [],
    checkedFiles: 0,
    addedAt: 1,
    ...change,
  };
}

function work(change: Partial<LibraryWork> = {}): LibraryWork {
  const again = (): void => undefined;
  return {
    name: 'A',
    task: 'add',
    state: 'running',
    progress: undefined,
    failure: undefined,
    again,
    reference: URL_REFERENCE,
    ...change,
  };
}

function state(models: StoredModel[], change: Partial<LibraryState> = {}): LibraryState {
  const storage = { usedBytes: 0, availableBytes: 0, persisted: false };
  return {
    listing: { models, storage },
    failure: undefined,
    works: new Map(),
    elsewhere: new Map(),
    reports: new Map(),
    outcome: undefined,
    isKeepingRefused: false,
    ...change,
  };
}

const progress: LibraryProgress = {
  id: 'a',
  task: 'add',
  doneBytes: 1,
  totalBytes: 2,
  bytesPerSecond: undefined,
  secondsLeft: undefined,
  elsewhere: true,
};

const FAILURES = {
  'store/quota': { code: 'store/quota', detail: { neededMiB: 2, availableMiB: 1 } },
  'store/source-needed': { code: 'store/source-needed', detail: { model: 'a', source: 's' } },
  'weights/unreachable': { code: 'weights/unreachable', detail: { file: 'f', reason: 'r' } },
} as const;

const ids = (rows: readonly ModelRow[]): string[] => rows.map(({ id }) => id);

describe('the rows', () => {
  it('offer what is not stored, before anything is known', () => {
    const { stored: rows, offered } = modelRows({ ...state([]), listing: undefined }, CATALOG);
    expect([ids(rows), ids(offered)]).toEqual([[], ['own', 'far']]);
    expect(offered[0]).toMatchObject({ name: 'Own', isEmbedded: true });
    expect(offered[1]).toMatchObject({
      licence: { name: 'Research', isRestricted: true },
      isEmbedded: false,
    });
  });

  it('put what comes first, then the newest', () => {
    const models = [
      stored({ id: 'old', addedAt: 1 }),
      stored({ id: 'far', addedAt: undefined, state: 'incomplete', licence: 'own words' }),
      stored({ id: 'new', addedAt: 2 }),
      stored({ id: 'half', addedAt: undefined, state: 'incomplete', licence: 'MIT' }),
    ];
    const works = new Map([['begun', work({ name: 'Begun' })]]);
    const elsewhere = new Map([['other', { ...progress, id: 'other' }]]);
    const { stored: rows, offered } = modelRows(state(models, { works, elsewhere }), CATALOG);
    expect(ids(rows)).toEqual(['begun', 'other', 'far', 'half', 'new', 'old']);
    expect(ids(offered)).toEqual(['own']);
    expect(rows[0]?.name).toBe('Begun');
    expect(rows[2]?.licence?.name).toBe('Research');
    expect(rows[3]?.licence?.name).toBe('MIT');
  });
});

describe('the actions on a model', () => {
  const only = (models: StoredModel[], change: Partial<LibraryState> = {}, isUsed = false) => {
    const { stored: rows, offered } = modelRows(state(models, change), CATALOG);
    const [row] = [...rows, ...offered];
    if (!row) throw new Error('no row');
    return cardActions(row, isUsed);
  };
  const damage = (repaired: boolean) => ({
    reports: new Map([
      [
        'a',
        {
          id: 'a',
          records: 2,
          byteLength: 100,
          damaged: [
            {
              kind: 'weights',
              component: 'unet',
              contents: ['t'],
              byteLength: 50,
              problem: 'changed',
              repaired,
            } as const,
          ],
        },
      ],
    ]),
  });
  const failed = (task: LibraryWork['task'], code: keyof typeof FAILURES) => ({
    works: new Map([
      [
        'a',
        work({
          task,
          state: 'failed',
          again: task === 'add' ? () => undefined : undefined,
          failure: FAILURES[code],
        }),
      ],
    ]),
  });
  const fromDisk = { reference: undefined };
  const base: ModelReference = { kind: 'files', files: [] };
  const onFiles: Partial<StoredModel> = {
    reference: { kind: 'composed', base, parts: { vae: URL_REFERENCE } },
  };

  it.each([
    ['ready', [stored()], {}, ['use', 'verify', 'delete'], undefined],
    ['incomplete', [stored({ state: 'incomplete' })], {}, ['resume', 'delete'], undefined],
    ['incomplete, from disk', [stored({ state: 'incomplete', ...fromDisk })], {}, ['delete'], 'add'],
    ['incomplete, on a base from disk', [stored({ state: 'incomplete', ...onFiles })], {}, ['delete'], 'add'],
    ['damaged', [stored({ state: 'damaged' })], {}, ['repair', 'verify', 'delete'], undefined],
    ['damaged, from disk', [stored({ state: 'damaged', ...fromDisk })], {}, ['verify', 'delete'], 'repair'],
    ['found damaged', [stored()], damage(false), ['repair', 'verify', 'delete'], undefined],
    ['repaired', [stored()], damage(true), ['use', 'verify', 'delete'], undefined],
    ['coming', [], { works: new Map([['a', work()]]) }, ['pause', 'cancel-and-delete'], undefined],
    [
      'being checked',
      [stored()],
      { works: new Map([['a', work({ task: 'verify' })]]) },
      ['cancel'],
      undefined,
    ],
    ['paused', [], { works: new Map([['a', work({ state: 'paused' })]]) }, ['resume', 'dismiss'], undefined],
    [
      'paused, from disk',
      [stored({ state: 'incomplete', ...fromDisk })],
      { works: new Map([['a', work({ state: 'paused' })]]) },
      ['resume', 'delete'],
      undefined,
    ],
    [
      'refused for want of room',
      [],
      failed('add', 'store/quota'),
      ['use-once', 'resume', 'dismiss'],
      undefined,
    ],
    [
      'kept when the room ended',
      [stored({ state: 'incomplete' })],
      failed('add', 'store/quota'),
      ['use-once', 'resume', 'delete'],
      undefined,
    ],
    ['refused by its source', [], failed('add', 'weights/unreachable'), ['resume', 'dismiss'], undefined],
    [
      'in need of its files',
      [stored({ state: 'damaged' })],
      failed('repair', 'store/source-needed'),
      ['verify', 'delete'],
      'repair',
    ],
    ['coming in another tab', [], { elsewhere: new Map([['a', progress]]) }, [], undefined],
  ] as const)('that is %s', (_name, models, change, actions, filesFor) => {
    expect(only([...models], change)).toEqual({ actions, filesFor });
  });

  it('do not offer to paint with what is painted with', () => {
    expect(only([stored()], {}, true).actions).toEqual(['verify', 'delete']);
  });

  it('offer the own model of the site at once, and others to be looked at', () => {
    const { offered } = modelRows(state([]), CATALOG);
    expect(offered.map((row) => cardActions(row, false).actions)).toEqual([['use', 'offer'], ['offer']]);
  });
});
