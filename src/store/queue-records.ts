/**
 * @file Where the orders that wait are kept: IndexedDB through idb-keyval, the database `emulsion-queue`, version 1, with one
 * object store, `orders`. An order is written once, with the files it may have in it; what changes while its pictures are
 * made is written beside it. One tab at a time keeps its orders: the others would take them for their own.
 */
import { createStore, getMany, promisifyRequest, type UseStore } from 'idb-keyval';
import type { GenerateRequest } from '../engine/protocol/generate.ts';
import type { ModelReference } from '../engine/protocol/model.ts';

/** What is kept of an order; seeds and `count` of the request are those of the pictures still to be made. */
export interface KeptOrder {
  readonly id: number;
  readonly request: GenerateRequest;
  readonly total: number;
}

/** What of an order changes. */
type Place = Pick<KeptOrder, 'id'> & Pick<GenerateRequest, 'seed' | 'variation' | 'count'>;

const PLACES = 'places';

export class QueueRecords {
  readonly #use: UseStore;
  readonly #written = new Set<number>();
  /** Writes come one after another. */
  #last: Promise<unknown> = Promise.resolve();

  /** @param use gives access to an object store with out-of-line keys */
  constructor(use: UseStore = createStore('emulsion-queue', 'orders')) {
    this.#use = use;
  }

  /** The orders that were kept, in their order. Rejects where the browser keeps nothing. */
  async load(): Promise<KeptOrder[]> {
    const [places = []] = await getMany<readonly Place[]>([PLACES], this.#use);
    const orders = await getMany<KeptOrder | undefined>(
      places.map(({ id }) => id),
      this.#use,
    );
    return places.flatMap(({ id, ...place }, i) => {
      const order = orders[i];
      if (!order) return [];
      this.#written.add(id);
      return [{ ...order, request: { ...order.request, ...place } }];
    });
  }

  /** Keeps these orders and no others. Rejects where the browser does not, or has no room. */
  save(orders: readonly KeptOrder[]): Promise<void> {
    const saving = this.#last.then(() => this.#write(orders));
    this.#last = saving.catch(() => undefined);
    return saving;
  }

  async #write(orders: readonly KeptOrder[]): Promise<void> {
    const ids = new Set(orders.map(({ id }) => id));
    const gone = [...this.#written].filter((id) => !ids.has(id));
    const added = orders.filter(({ id }) => !this.#written.has(id));
    await this.#use('readwrite', (store) => {
      for (const id of gone) store.delete(id);
      for (const { id, request, total } of added) store.put({ id, request, total }, id);
      const places: Place[] = orders.map(({ id, request: { seed, variation, count } }) => ({
        ...{ id, seed, count },
        ...(variation && { variation }),
      }));
      store.put(places, PLACES);
      return promisifyRequest(store.transaction);
    });
    for (const id of gone) this.#written.delete(id);
    for (const { id } of added) this.#written.add(id);
  }
}

/** Runs for as long as this tab lives, once no other tab keeps its orders. Never where there are no locks. */
export function whenOwner(run: () => Promise<void>): void {
  // Absent on pages that are no secure context, whatever the types say.
  const locks = navigator.locks as LockManager | undefined;
  void locks?.request('emulsion/queue', async () => {
    await run();
    // The lock ends with the tab.
    return new Promise<never>(() => undefined);
  });
}

/** Whether a model can be found again by a later visit; files that the user picked cannot. */
export function isLasting(model: ModelReference): boolean {
  switch (model.kind) {
    case 'url':
    case 'stored':
      return true;
    case 'files':
      return false;
    case 'composed':
      return isLasting(model.base) && Object.values(model.parts).every(isLasting);
  }
}
