/** @file Two pictures beside one another, one of which has lost its file. */
import { afterEach, expect, it, vi } from 'vitest';
import { AppError } from '../../error.ts';
import type { GalleryRecord } from '../../gallery/record.ts';
import { encodePng } from '../../image/png.ts';
import { EmulsionGalleryCompare } from './gallery-compare.ts';

const PNG = encodePng({ width: 2, height: 2, data: new Uint8ClampedArray(16).fill(200) }, {});
const [LEFT, RIGHT] = ['left', 'right'].map((id): GalleryRecord => ({
  ...{ id, createdAt: 1, isStarred: false, width: 2, height: 2, sizeBytes: PNG.length },
  ...{ prompt: id, negative: '', values: { Seed: '1' } },
})) as [GalleryRecord, GalleryRecord];
let compare: EmulsionGalleryCompare;

afterEach(() => compare.remove());

for (const lost of [LEFT, RIGHT])
  it(`says in its own half that the ${lost.id} one has lost its file, and shows the other`, async () => {
    compare = new EmulsionGalleryCompare();
    compare.style.cssText = 'width: 600px; height: 500px; --space-4: 16px';
    compare.pair = [LEFT, RIGHT];
    compare.fileOf = (id) =>
      id === lost.id ? Promise.reject(new AppError('gallery/damaged', {})) : Promise.resolve(new Blob([PNG]));
    document.body.append(compare);
    await compare.updateComplete;
    const inside = (id: string, selector: string) =>
      compare.shadowRoot?.querySelector(`.${id}`)?.shadowRoot?.querySelector(selector);
    await vi.waitFor(() => expect(inside(lost.id, '[role=alert]')).toBeTruthy());
    const other = lost === LEFT ? RIGHT : LEFT;
    await vi.waitFor(() => expect(inside(other.id, 'img')).toBeTruthy());
    // The words themselves, without what is left free beside them.
    const words = document.createRange();
    words.selectNodeContents(inside(lost.id, '[role=alert]') ?? compare);
    const { left, right } = words.getBoundingClientRect();
    const place = compare.shadowRoot?.querySelector('.pictures')?.getBoundingClientRect() ?? new DOMRect();
    const middle = place.left + place.width / 2;
    if (lost === LEFT) expect(right).toBeLessThanOrEqual(middle);
    else expect(left).toBeGreaterThanOrEqual(middle);
  });
