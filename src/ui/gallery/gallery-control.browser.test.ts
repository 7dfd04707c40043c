/** @file The gallery of the page on a real IndexedDB: what comes in and goes out as files, and what it says of that. */
import type { ReactiveControllerHost } from 'lit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { packPictures, unpackPictures } from '../../gallery/archive.ts';
import { browserGalleryStore } from '../../gallery/gallery-store.ts';
import { encodePng, readPngText } from '../../image/png.ts';
import type { RestoreControl } from '../sharing/restore-control.ts';
import { GalleryControl } from './gallery-control.ts';
import { outcomeSentence } from './gallery-outcome.ts';

const store = browserGalleryStore();
const HOST = {
  addController: () => undefined,
  requestUpdate: () => undefined,
} as Partial<ReactiveControllerHost> as ReactiveControllerHost;

const restore = vi.fn(() => Promise.resolve());
const vary = vi.fn();
const beginFrom = vi.fn((_: File) => Promise.resolve());
const enlarge = vi.fn((_: File, __: object) => Promise.resolve());
let control: GalleryControl;
/** Names of what was saved, and the files. */
let saved: { name: string; file: Promise<Blob> }[];

beforeEach(async () => {
  await store.remove((await store.list()).records.map(({ id }) => id));
  saved = [];
  for (const mock of [restore, vary, beginFrom, enlarge]) mock.mockClear();
  vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
    saved.push({ name: this.download, file: fetch(this.href).then((response) => response.blob()) });
  });
  control = new GalleryControl(HOST, {
    restoring: () => ({ restore }) as Partial<RestoreControl> as RestoreControl,
    beginFrom,
    vary,
    enlarge,
    open: () => Promise.resolve(),
    isOpen: () => true,
  });
  control.hostConnected();
  await vi.waitFor(() => expect(control.state.phase).toBe('ready'));
});
afterEach(() => {
  control.dropUnkept();
  control.hostDisconnected();
  vi.restoreAllMocks();
});

function picture(seed: number): Uint8Array<ArrayBuffer> {
  const data = new Uint8ClampedArray(4).fill(seed);
  const parameters = `a fox\nSteps: 4, Sampler: Euler a, Seed: ${seed}, Size: 1x1`;
  return encodePng({ width: 1, height: 1, data }, { parameters });
}

/** An archive; names in it begin with the date. */
async function zip(name: string, files: Readonly<Record<string, Uint8Array<ArrayBuffer>>>): Promise<File> {
  const each = async function* () {
    for (const [own, png] of Object.entries(files))
      yield await Promise.resolve({ name: own, png, createdAt: 0, isStarred: false });
  };
  return new File([await packPictures(each())], name);
}

/** The file of the newest picture becomes another. */
async function damageFirst(): Promise<void> {
  const [first] = control.state.records;
  if (first) await store.add(first, new Blob(['other bytes']));
}

const png = (seed: number) => new File([picture(seed)], `${seed}.png`);
const told = () => control.outcome && outcomeSentence(control.outcome);

describe('import', () => {
  it('takes in what is good, and says which files are bad and why', async () => {
    const damaged = picture(3);
    damaged[40] = 0xff;
    await control.import([
      png(1),
      new File(['no zip'], 'bad.zip'),
      await zip('good.zip', { '2.png': picture(2), '3.png': damaged }),
      new File([encodePng({ width: 1, height: 1, data: new Uint8ClampedArray(4) }, {})], 'plain.png'),
      png(1),
    ]);
    expect(control.state.records.map(({ values }) => values['Seed']).sort()).toEqual(['1', '2']);
    expect(told()).toMatch(
      /^2 pictures imported; 1 was here already\. Not imported: bad\.zip\. “bad\.zip” cannot be read as a zip file: .+ Not imported: [\d_-]+3\.png\. The file is not a usable PNG picture: .+ Not imported: plain\.png\. The picture holds no settings/,
    );
  });

  it('says when there are no pictures', async () => {
    await control.import([await zip('empty.zip', {})]);
    expect(told()).toBe('There are no pictures in it.');
  });

  it('names no more than some of many', async () => {
    const files = [1, 2, 3, 4, 5].map((number) => new File(['no picture'], `${number}.png`));
    await control.import(files);
    expect(told()).toContain('0 pictures imported. Not imported: 1.png, 2.png, 3.png and 2 more. The file');
  });
});

describe('export', () => {
  it('leaves out what is damaged, and says so', async () => {
    await control.import([png(1), png(2)]);
    await damageFirst();
    await control.export();
    expect(told()).toBe('1 picture exported. 1 picture cannot be read any more and is left out.');
    const [archive] = saved;
    expect(archive?.name).toBe('emulsion.zip');
    const found = await unpackPictures(new File([(await archive?.file) ?? new Blob()], 'emulsion.zip'));
    expect(found).toHaveLength(1);
  });

  it('labels what came without a label, and knows it again when it returns', async () => {
    await control.import([png(1)]);
    await control.export();
    const [archive] = saved;
    const file = new File([(await archive?.file) ?? new Blob()], 'emulsion.zip');
    const [labelled] = await unpackPictures(file);
    expect(labelled && readPngText(labelled.png)['XML:com.adobe.xmp']).toContain('trainedAlgorithmicMedia');
    await control.import([file]);
    expect(told()).toBe('0 pictures imported; 1 was here already.');
  });

  it('of nothing saves nothing', async () => {
    await control.save([]);
    await control.export();
    expect(saved).toEqual([]);
  });
});

it('orders a sister of what its settings describe', async () => {
  await control.import([png(1)]);
  const [record] = control.state.records;
  if (!record) throw new Error('nothing was imported');
  vary.mockImplementation(() => expect(restore).toHaveBeenCalledOnce());
  await control.make(record, { kind: 'sister', degree: 'strong' }, () => undefined);
  expect(restore).toHaveBeenCalledWith(expect.objectContaining({ seed: 1n }), 'all', 'a-fox-1.png');
  expect(vary).toHaveBeenCalledExactlyOnceWith('strong');
});

it('orders the same larger, from its file and of what its settings describe', async () => {
  await control.import([png(1)]);
  const [record] = control.state.records;
  if (!record) throw new Error('nothing was imported');
  const leave = vi.fn();
  enlarge.mockImplementation(() => {
    expect(restore).toHaveBeenCalledOnce();
    expect(leave).toHaveBeenCalledOnce();
    return Promise.resolve();
  });
  const size = { width: 2, height: 2 };
  await control.make(record, { kind: 'larger', size }, leave);
  expect(enlarge).toHaveBeenCalledExactlyOnceWith(expect.any(File), size);
  const [[file] = []] = enlarge.mock.calls;
  expect(new Uint8Array((await file?.arrayBuffer()) ?? new ArrayBuffer())).toEqual(picture(1));

  await damageFirst();
  await control.make(record, { kind: 'larger', size }, leave);
  expect(told()).toContain('damaged or gone');
  expect(restore).toHaveBeenCalledOnce();
  expect(enlarge).toHaveBeenCalledOnce();
});

it('hands over a picture to begin from, when it has its file', async () => {
  await control.import([png(1)]);
  const [record] = control.state.records;
  if (!record) throw new Error('nothing was imported');
  const leave = vi.fn();
  await control.make(record, { kind: 'begin' }, leave);
  const [[file] = []] = beginFrom.mock.calls;
  expect(file?.name).toBe('a-fox-1.png');
  expect(new Uint8Array((await file?.arrayBuffer()) ?? new ArrayBuffer())).toEqual(picture(1));
  expect(leave).toHaveBeenCalledOnce();

  await damageFirst();
  await control.make(record, { kind: 'begin' }, leave);
  expect(told()).toContain('damaged or gone');
  expect(leave).toHaveBeenCalledOnce();
  expect(beginFrom).toHaveBeenCalledOnce();
});

describe('what cannot be kept', () => {
  let isFull: boolean;
  beforeEach(() => {
    isFull = true;
    const put = Reflect.get(IDBObjectStore.prototype, 'put');
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, ...words) {
      if (isFull) throw new DOMException('There is no room.', 'QuotaExceededError');
      return put.apply(this, words);
    });
  });
  const isLeft = () => {
    const event = new Event('beforeunload', { cancelable: true });
    dispatchEvent(event);
    return !event.defaultPrevented;
  };

  it('is saved as it would be from the gallery, and stays until it is let go of', async () => {
    expect(isLeft()).toBe(true);
    await control.add(picture(1));
    await control.saveUnkept();
    expect(saved.map(({ name }) => name)).toEqual(['a-fox-1.png']);
    await control.add(picture(2));
    await control.saveUnkept();
    expect(saved[1]?.name).toBe('emulsion.zip');
    expect(control.state.unkept).toHaveLength(2);
    expect(isLeft()).toBe(false);
    control.dropUnkept();
    expect(isLeft()).toBe(true);
  });

  it('is kept when there is room', async () => {
    await control.add(picture(1));
    isFull = false;
    await control.addUnkept();
    expect(control.state).toMatchObject({ unkept: [], records: [{ values: { Seed: '1' } }] });
  });
});
