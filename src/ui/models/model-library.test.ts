import { afterEach, describe, expect, it, vi } from 'vitest';
import type {
  DamagedRecord,
  Library,
  LibraryHandlers,
  LibraryProgress,
} from '../../engine/protocol/library.ts';
import type { ModelReference } from '../../engine/protocol/model.ts';
import { AppError } from '../../error.ts';
import { ModelLibrary } from './model-library.ts';

const MODEL: ModelReference = { kind: 'url', url: 'https://models.example/a/' };
const progress: LibraryProgress = {
  id: 'a',
  task: 'add',
  doneBytes: 1,
  totalBytes: 2,
  bytesPerSecond: 3,
  secondsLeft: 4,
  elsewhere: false,
};
const MENDED: DamagedRecord = {
  ...{ kind: 'part', component: '', contents: ['https://models.example/a/x'], byteLength: 5 },
  ...{ problem: 'changed', repaired: true },
};
const quota = new AppError('store/quota', { neededMiB: 2, availableMiB: 1 });

/** A library whose additions last until the test ends them, or until they are aborted. */
function setUp() {
  const calls: { resolve: () => void; reject: (error: Error) => void; handlers: LibraryHandlers }[] = [];
  const removed: string[] = [];
  const library = {
    list: vi.fn(() => Promise.resolve({ models: [], storage: {} })),
    add: vi.fn((_reference, _options, handlers: LibraryHandlers) => {
      return new Promise((resolve, reject) => {
        handlers.signal?.addEventListener('abort', () => reject(new AppError('engine/cancelled', {})));
        calls.push({ resolve: () => resolve({ name: 'A' }), reject, handlers });
      });
    }),
    verify: vi.fn(() => Promise.resolve({ id: 'a', records: 2, byteLength: 3, damaged: [] })),
    remove: vi.fn((id: string) => {
      removed.push(id);
      return Promise.resolve(7);
    }),
  };
  const onRemoved = vi.fn();
  const models = new ModelLibrary(library as unknown as Library, () => undefined, onRemoved);
  const add = () => models.add(MODEL, { id: 'a', name: 'A' });
  return { library, models, calls, removed, onRemoved, add };
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe('adding a model', () => {
  it('shows how far it is, and looks at the store when it is done', async () => {
    const { models, calls, library, add } = setUp();
    const added = add();
    expect(models.state.works.get('a')).toMatchObject({ task: 'add', state: 'running' });
    calls[0]?.handlers.onProgress?.(progress);
    expect(models.state.works.get('a')?.progress).toEqual(progress);
    // However soon it comes after the last.
    calls[0]?.handlers.onProgress?.({ ...progress, mended: [MENDED] });
    calls[0]?.resolve();
    expect(await added).toEqual({ name: 'A' });
    expect(models.state.works.size).toBe(0);
    expect(models.state.outcome).toEqual({ kind: 'added', name: 'A', mended: [MENDED] });
    expect(library.list).toHaveBeenCalledOnce();
  });

  it('asks the browser to keep it, also after a pause, and notes a refusal, but asks for no second promise', async () => {
    const { models, calls, library, add } = setUp();
    let persisted = false;
    const persist = vi.fn(() => Promise.resolve(persisted));
    vi.stubGlobal('navigator', { storage: { persist } });
    library.list.mockImplementation(() => Promise.resolve({ models: [], storage: { persisted } }));
    const paused = add();
    models.pause('a');
    await paused;
    expect(persist).not.toHaveBeenCalled();
    models.state.works.get('a')?.again?.();
    calls[1]?.resolve();
    await vi.waitFor(() => expect(models.state.isKeepingRefused).toBe(true));
    persisted = true;
    const again = add();
    calls[2]?.resolve();
    await again;
    expect(persist).toHaveBeenCalledOnce();
    await models.askToKeep();
    expect(models.state.isKeepingRefused).toBe(false);
  });

  it('is not begun twice', async () => {
    const { calls, add } = setUp();
    const added = add();
    expect(await add()).toBeUndefined();
    expect(calls).toHaveLength(1);
    calls[0]?.resolve();
    await added;
  });

  it('can be paused and gone on with', async () => {
    const { models, calls, library, add } = setUp();
    const added = add();
    calls[0]?.handlers.onProgress?.(progress);
    models.pause('a');
    expect(await added).toBeUndefined();
    expect(models.state.works.get('a')).toMatchObject({ state: 'paused', progress, failure: undefined });
    expect(models.state.outcome).toEqual({ kind: 'paused', name: 'A' });
    models.state.works.get('a')?.again?.();
    expect(models.state.works.get('a')).toMatchObject({ state: 'running' });
    expect(library.add.mock.calls[1]?.slice(0, 2)).toEqual([MODEL, { id: 'a' }]);
  });

  it('keeps what went wrong, and what would try again', async () => {
    const { models, calls, add } = setUp();
    const added = add();
    calls[0]?.reject(quota);
    expect(await added).toBeUndefined();
    const work = models.state.works.get('a');
    expect(work).toMatchObject({ state: 'failed', failure: { code: 'store/quota' }, reference: MODEL });
    work?.again?.();
    expect(calls).toHaveLength(2);
    models.dismiss('b');
    expect(models.state.works.has('a')).toBe(true);
  });

  it('stops before the model is deleted', async () => {
    const { models, calls, removed, onRemoved, add } = setUp();
    const added = add();
    const deleted = models.remove('a', 'A');
    expect(calls[0]?.handlers.signal?.aborted).toBe(true);
    expect(removed).toEqual([]);
    await Promise.all([added, deleted]);
    expect(removed).toEqual(['a']);
    expect(onRemoved).toHaveBeenCalledWith('a');
    expect(models.state.works.size).toBe(0);
    expect(models.state.outcome).toEqual({ kind: 'removed', name: 'A', freedBytes: 7 });
  });
});

describe('the library', () => {
  it('keeps the report of a check until the next', async () => {
    const { models, library } = setUp();
    await models.verify('a', 'A');
    expect(models.state.reports.get('a')).toMatchObject({ records: 2 });
    library.verify.mockRejectedValueOnce(quota);
    await models.repair('a', 'A', MODEL);
    expect(library.verify.mock.lastCall?.slice(0, 2)).toEqual(['a', { repair: true, source: MODEL }]);
    expect(models.state.reports.has('a')).toBe(false);
    expect(models.state.works.get('a')).toMatchObject({ task: 'repair', state: 'failed' });
  });

  it('says why it does not know what is stored', async () => {
    const { models, library } = setUp();
    library.list.mockRejectedValueOnce(new AppError('store/unavailable', { reason: 'blocked' }));
    await models.refresh();
    expect(models.state).toMatchObject({ listing: undefined, failure: { code: 'store/unavailable' } });
    await models.refresh();
    expect(models.state).toMatchObject({ listing: { models: [] }, failure: undefined });
  });

  it('says why a model cannot be deleted', async () => {
    const { models, library, onRemoved } = setUp();
    library.remove.mockRejectedValueOnce(new AppError('store/unavailable', { reason: 'blocked' }));
    await models.remove('a', 'A');
    expect(models.state.works.get('a')).toMatchObject({ state: 'failed' });
    expect(onRemoved).not.toHaveBeenCalled();
  });
});

describe('another tab', () => {
  const far: LibraryProgress = { ...progress, elsewhere: true };

  it('is watched until it is done', () => {
    const { models, library } = setUp();
    models.hear(far);
    expect(models.state.elsewhere.get('a')).toBe(far);
    models.hear({ ...far, doneBytes: 2 });
    expect(models.state.elsewhere.size).toBe(0);
    expect(library.list).toHaveBeenCalledOnce();
  });

  it('is forgotten when it falls silent', () => {
    vi.useFakeTimers();
    const { models } = setUp();
    models.hear(far);
    vi.advanceTimersByTime(6000);
    models.hear(far);
    vi.advanceTimersByTime(6000);
    expect(models.state.elsewhere.size).toBe(1);
    vi.advanceTimersByTime(6000);
    expect(models.state.elsewhere.size).toBe(0);
  });

  it('is not heard over the work of this one, which it repeats', async () => {
    const { models, calls, add } = setUp();
    const added = add();
    models.hear(far);
    expect(models.state.elsewhere.size).toBe(0);
    calls[0]?.resolve();
    await added;
  });
});
