/** @file The gallery on a real IndexedDB, with a second tab beside it. */
import { clear, createStore, get, set, update } from 'idb-keyval';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppError } from '../error.ts';
import { encodePng } from '../image/png.ts';
import { packPictures, unpackPictures, type ArchivedPicture } from './archive.ts';
import { Gallery } from './gallery.ts';
import { galleryStoreOf, type GalleryStore } from './gallery-store.ts';

const database = createStore('emulsion-gallery-test', 'entries');
const tabs: Gallery[] = [];
const THUMBNAIL = new Blob(['small'], { type: 'image/webp' });

beforeEach(() => clear(database));
afterEach(() => tabs.splice(0).forEach((tab) => tab.close()));

function picture(shade: number, prompt = '一只猫'): Uint8Array<ArrayBuffer> {
  const data = new Uint8ClampedArray(4 * 4).fill(shade);
  const parameters = `${prompt}\nSteps: 4, Sampler: Euler a, Seed: ${shade}, Size: 2x2, Model: tiny`;
  return encodePng({ width: 2, height: 2, data }, { parameters });
}

async function openTab(store: GalleryStore = galleryStoreOf(database)): Promise<Gallery> {
  const tab = new Gallery({
    store,
    onChange: () => undefined,
    thumbnailOf: () => Promise.resolve(THUMBNAIL),
  });
  tabs.push(tab);
  await tab.load();
  return tab;
}

const seedsOf = ({ state }: Gallery) => state.records.map(({ values }) => values['Seed']);
const idOf = (tab: Gallery, shade: number) =>
  tab.state.records.find(({ values }) => values['Seed'] === String(shade))?.id ?? '';

describe('the gallery', () => {
  it('keeps pictures with all they say, newest first, over a reload', async () => {
    const tab = await openTab();
    expect(tab.state).toMatchObject({ phase: 'ready', records: [], failure: undefined });
    await tab.add(picture(1));
    await tab.add(picture(2));
    await vi.waitFor(() => expect(tab.state.records.every(({ thumbnail }) => thumbnail)).toBe(true));
    const again = await openTab();
    expect(seedsOf(again)).toEqual(['2', '1']);
    const [newest] = again.state.records;
    expect(newest).toMatchObject({ prompt: '一只猫', width: 2, height: 2, values: { Model: 'tiny' } });
    expect(await newest?.thumbnail?.text()).toBe('small');
    const file = await again.file(newest?.id ?? '');
    expect(new Uint8Array(await file.arrayBuffer())).toEqual(picture(2));
  });

  it('has a picture that comes again once, as the newest, with its star', async () => {
    const tab = await openTab();
    for (const shade of [1, 2]) await tab.add(picture(shade));
    await tab.star(idOf(tab, 1));
    await tab.add(picture(1));
    expect(seedsOf(tab)).toEqual(['1', '2']);
    expect(tab.state.records[0]?.isStarred).toBe(true);
    expect(await tab.take(picture(2), { createdAt: 1, isStarred: false })).toBe('duplicate');
    expect(await tab.take(picture(3), { createdAt: 1, isStarred: true })).toBe('added');
    expect(seedsOf(tab)).toEqual(['1', '2', '3']);
  });

  it('makes a thumbnail that a crash prevented', async () => {
    const broken = new Gallery({
      store: galleryStoreOf(database),
      onChange: () => undefined,
      thumbnailOf: () => new Promise(() => undefined),
    });
    tabs.push(broken);
    await broken.add(picture(1));
    const tab = await openTab();
    expect(await tab.state.records[0]?.thumbnail?.text()).toBe('small');
  });

  it('does not bring a picture back that is deleted before it has its thumbnail', async () => {
    let make: (thumbnail: Blob) => void = () => undefined;
    const tab = new Gallery({
      store: galleryStoreOf(database),
      onChange: () => undefined,
      thumbnailOf: () => new Promise((resolve) => (make = resolve)),
    });
    tabs.push(tab);
    await tab.add(picture(1));
    const id = idOf(tab, 1);
    // It has been found when it is deleted.
    await vi.waitFor(() => expect(make).toHaveLength(1));
    const deletion = tab.delete([id]);
    make(THUMBNAIL);
    await deletion;
    await new Promise((settled) => setTimeout(settled, 50));
    expect(seedsOf(tab)).toEqual([]);
    expect(seedsOf(await openTab())).toEqual([]);
    await tab.forgetDeleted();
    expect(await get(['file', id], database)).toBeUndefined();
  });

  it('brings back what was deleted, until the next deletion', async () => {
    const tab = await openTab();
    for (const shade of [1, 2, 3]) await tab.add(picture(shade));
    await tab.delete([idOf(tab, 1), idOf(tab, 2)]);
    expect(seedsOf(tab)).toEqual(['3']);
    // Not to be seen by others either, but still there.
    expect(seedsOf(await openTab())).toEqual(['3']);
    await tab.undo();
    expect(seedsOf(tab)).toEqual(['3', '2', '1']);
    expect(tab.state.deleted).toEqual([]);
    const [first, second] = [idOf(tab, 1), idOf(tab, 2)];
    await tab.delete([first]);
    await tab.delete([second]);
    await tab.undo();
    expect(seedsOf(tab)).toEqual(['3', '2']);
    expect(await get(['file', first], database)).toBeUndefined();
    expect(await get(['file', second], database)).toBeDefined();
  });

  it('lets go at the next visit what was deleted in an earlier one', async () => {
    const tab = await openTab();
    await tab.add(picture(1));
    const id = idOf(tab, 1);
    await vi.waitFor(() => expect(tab.state.records[0]?.thumbnail).toBeDefined());
    await update<object>(['record', id], (record) => ({ ...record, deletedAt: 1 }), database);
    expect(seedsOf(await openTab())).toEqual([]);
    expect(await get(['record', id], database)).toBeUndefined();
    expect(await get(['file', id], database)).toBeUndefined();
  });

  it('does not lose a deleted picture that was painted again', async () => {
    const tab = await openTab();
    await tab.add(picture(1));
    await tab.delete([idOf(tab, 1)]);
    await tab.add(picture(1));
    await tab.forgetDeleted();
    expect(seedsOf(await openTab())).toEqual(['1']);
  });

  it('does not lose a deleted picture that another tab paints again', async () => {
    const [here, there] = [await openTab(), await openTab()];
    await here.add(picture(1));
    await vi.waitFor(() => expect(seedsOf(there)).toEqual(['1']));
    await here.delete([idOf(here, 1)]);
    await there.add(picture(1));
    await vi.waitFor(() => expect(seedsOf(here)).toEqual(['1']));
    expect(here.state.deleted).toEqual([]);
    // And where the word of it comes too late.
    await here.delete([idOf(here, 1)]);
    const id = idOf(there, 1);
    await update<object>(['record', id], (record) => ({ ...record, deletedAt: undefined }), database);
    await here.forgetDeleted();
    expect(seedsOf(await openTab())).toEqual(['1']);
  });

  it('makes no record of a picture whose file another tab removed', async () => {
    const tab = await openTab();
    await tab.add(picture(1));
    await vi.waitFor(() => expect(tab.state.records[0]?.thumbnail).toBeDefined());
    await galleryStoreOf(database).remove([idOf(tab, 1)]);
    await tab.star(idOf(tab, 1));
    expect(await galleryStoreOf(database).list()).toEqual({ records: [], damaged: 0 });
  });

  it('shows in one tab what another one does', async () => {
    const [here, there] = [await openTab(), await openTab()];
    await here.add(picture(1));
    await vi.waitFor(() => expect(seedsOf(there)).toEqual(['1']));
    await there.star(idOf(there, 1));
    await vi.waitFor(() => expect(here.state.records[0]?.isStarred).toBe(true));
    await there.delete([idOf(there, 1)]);
    await vi.waitFor(() => expect(seedsOf(here)).toEqual([]));
  });

  it('skips what is damaged, and says so', async () => {
    const tab = await openTab();
    await tab.add(picture(1));
    await set(['record', 'f'.repeat(64)], { id: 'f'.repeat(64), prompt: 7 }, database);
    await set(['record', 'x'], null, database);
    const again = await openTab();
    expect(seedsOf(again)).toEqual(['1']);
    expect(again.state.damaged).toBe(2);
    const id = idOf(again, 1);
    await set(['file', id], new Blob(['other bytes']), database);
    await expect(again.file(id)).rejects.toMatchObject({ code: 'gallery/damaged' });
  });

  it('keeps nothing by halves where there is no room', async () => {
    const store = galleryStoreOf((mode, use) =>
      database(mode, async (entries) => {
        const done = Promise.resolve(use(entries));
        // As a browser does that finds out at the end.
        if (mode === 'readwrite') entries.transaction.abort();
        return done.catch(() => Promise.reject(new DOMException('full', 'QuotaExceededError')));
      }),
    );
    const tab = await openTab(store);
    expect(await tab.add(picture(1))).toBe(false);
    expect(tab.state).toMatchObject({
      records: [],
      unkept: [{ failure: { code: 'gallery/full', detail: { neededMiB: 1 } } }],
    });
    expect(await galleryStoreOf(database).list()).toEqual({ records: [], damaged: 0 });
  });

  it('says what it is where the database does not open', async () => {
    const blocked = galleryStoreOf(() => Promise.reject(new DOMException('blocked', 'UnknownError')));
    const tab = await openTab(blocked);
    expect(tab.state).toMatchObject({ phase: 'failed', failure: { code: 'gallery/unavailable' } });
    await tab.add(picture(1));
    expect(tab.state.unkept).toMatchObject([{ failure: { detail: { reason: 'blocked' } } }]);
  });

  describe('without room', () => {
    let isFull: boolean;
    const refuse = async (write: () => Promise<void>): Promise<void> => {
      if (isFull) throw new AppError('gallery/full', { neededMiB: 1 });
      await write();
    };
    const real = galleryStoreOf(database);
    const store: GalleryStore = {
      ...real,
      add: (record, file) => refuse(() => real.add(record, file)),
      put: (records) => refuse(() => real.put(records)),
      setThumbnail: (id, thumbnail) => refuse(() => real.setThumbnail(id, thumbnail)),
    };
    beforeEach(() => (isFull = false));

    it('has what it could not keep, until it can', async () => {
      const tab = await openTab(store);
      isFull = true;
      for (const shade of [1, 2]) expect(await tab.add(picture(shade))).toBe(false);
      const unkept = () => tab.state.unkept.map(({ png }) => png);
      expect(unkept()).toEqual([picture(1), picture(2)]);
      // Another one that is kept takes no word away.
      isFull = false;
      expect(await tab.add(picture(3))).toBe(true);
      expect(unkept()).toEqual([picture(1), picture(2)]);
      isFull = true;
      await tab.addUnkept();
      expect(unkept()).toEqual([picture(1), picture(2)]);
      isFull = false;
      await tab.addUnkept();
      expect(unkept()).toEqual([]);
      // When they were painted, not when there was room for them.
      expect(seedsOf(await openTab())).toEqual(['3', '2', '1']);
    });

    it('lets go of what was deleted when there is to be room', async () => {
      const tab = await openTab(store);
      await tab.add(picture(1));
      const id = idOf(tab, 1);
      await tab.delete([id]);
      isFull = true;
      await tab.add(picture(2));
      await tab.addUnkept();
      expect(tab.state.deleted).toEqual([]);
      expect(await get(['file', id], database)).toBeUndefined();
      tab.dropUnkept();
      expect(tab.state.unkept).toEqual([]);
    });

    it('keeps nothing more once it is let go of while it tries again', async () => {
      const tab = await openTab({
        ...store,
        add: async (record, file) => {
          if (!isFull) tab.dropUnkept();
          await store.add(record, file);
        },
      });
      isFull = true;
      for (const shade of [1, 2]) await tab.add(picture(shade));
      isFull = false;
      await tab.addUnkept();
      expect(tab.state.unkept).toEqual([]);
      expect(seedsOf(await openTab())).toEqual(['1']);
    });

    it('deletes all the same, and brings back when there is room again', async () => {
      const tab = await openTab(store);
      for (const shade of [1, 2]) await tab.add(picture(shade));
      await vi.waitFor(() => expect(tab.state.records.every(({ thumbnail }) => thumbnail)).toBe(true));
      await tab.star(idOf(tab, 1));
      const [first, second] = [idOf(tab, 1), idOf(tab, 2)];
      await set(['file', second], new Blob(['other bytes']), database);
      isFull = true;
      await tab.delete([first, second]);
      expect(seedsOf(tab)).toEqual([]);
      expect(await real.list()).toEqual({ records: [], damaged: 0 });
      expect(tab.state.failure).toBeUndefined();
      expect(await tab.undo()).toBe(false);
      expect(tab.state.failure?.code).toBe('gallery/full');
      expect(tab.state.deleted).toHaveLength(1);
      isFull = false;
      expect(await tab.undo()).toBe(true);
      expect(tab.state.deleted).toEqual([]);
      const again = await openTab();
      expect(again.state.records).toMatchObject([{ id: first, isStarred: true }]);
      expect(new Uint8Array(await (await again.file(first)).arrayBuffer())).toEqual(picture(1));
    });

    it('says of a thumbnail alone nothing', async () => {
      const full: GalleryStore = {
        ...real,
        setThumbnail: () => Promise.reject(new AppError('gallery/full', { neededMiB: 1 })),
      };
      const tab = await openTab(full);
      await tab.add(picture(1));
      await vi.waitFor(() => expect(tab.state.records[0]?.thumbnail).toBeDefined());
      await new Promise((settled) => setTimeout(settled));
      expect(tab.state.failure).toBeUndefined();
    });
  });
});

describe('an archive', () => {
  async function* each(pictures: readonly ArchivedPicture[]) {
    for (const one of pictures) yield await Promise.resolve(one);
  }

  it('gives back what went into it, with dates, stars and names that were the same', async () => {
    const pictures = [1, 2, 3].map((shade) => ({
      name: 'fox.png',
      png: picture(shade),
      createdAt: Date.UTC(2026, 10, 30, 23, 59, 58, 765),
      isStarred: shade === 2,
    }));
    const file = new File([await packPictures(each(pictures))], 'gallery.zip');
    const found = await unpackPictures(file);
    expect(found.map(({ png }) => [...png])).toEqual(pictures.map(({ png }) => [...png]));
    expect(found.map(({ isStarred }) => isStarred)).toEqual([false, true, false]);
    expect(new Set(found.map(({ createdAt }) => createdAt))).toEqual(new Set([pictures[0]?.createdAt]));
    expect(new Set(found.map(({ name }) => name)).size).toBe(2);
  });

  it('is refused where it is none', async () => {
    const file = new File(['no zip'], 'x.zip');
    await expect(unpackPictures(file)).rejects.toMatchObject({
      code: 'gallery/archive-invalid',
      detail: { file: 'x.zip' },
    });
  });
});
