/**
 * @file Which model the page paints with: opened at the start, remembered when it can be found again, and replaced
 * only by one that opens. The model that comes with the site is put into the browser's store in the background.
 */
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { Engine } from '../../engine/protocol/engine.ts';
import type { StoredModel } from '../../engine/protocol/library.ts';
import type { ModelDescription, ModelReference } from '../../engine/protocol/model.ts';
import { toPlainError, type PlainError } from '../../error.ts';
import { catalogEntry, fetchCatalog, type Catalog, type CatalogEntry } from './catalog.ts';
import { locateEntry } from './default-model.ts';
import { ModelLibrary } from './model-library.ts';
import type { ModelWish } from './models-dialog.ts';
import { readPreference, writePreference } from '../parts/preferences.ts';
import { modelOf, type PictureModel } from '../settings/picture-model.ts';
import { watchImports } from '../../store/import-channel.ts';

/** Preferences: the id of the chosen model, and whether the site's own may be stored. */
const CHOICE = 'model';
const STORING = 'store-own-model';
/** The first moments of a visit are for opening and painting. */
const STORING_DELAY_MS = 3000;

/** A model as the page holds it. */
export interface OpenModel {
  readonly reference: ModelReference;
  readonly description: ModelDescription;
  /** In the store or the catalog; absent for one that is used once. */
  readonly id: string | undefined;
}

export class ModelChoice implements ReactiveController {
  model: OpenModel | undefined;
  isOpening = false;
  catalog: Catalog | undefined;
  /** There while the page is. */
  library!: ModelLibrary;

  readonly #host: ReactiveControllerHost;
  readonly #engine: () => Engine;
  readonly #onFailure: (failure: PlainError, retry: () => void) => void;
  readonly #isLookedAt: () => boolean;
  /** Counts openings, so that only the last one counts. */
  #openings = 0;
  #storing: ReturnType<typeof setTimeout> | undefined;
  #stopWatching: (() => void) | undefined;

  constructor(
    host: ReactiveControllerHost,
    parts: {
      readonly engine: () => Engine;
      readonly onFailure: (failure: PlainError, retry: () => void) => void;
      /** Whether the list of models is: then nothing in it moves by itself, below a pointer. */
      readonly isLookedAt: () => boolean;
    },
  ) {
    this.#host = host;
    this.#engine = parts.engine;
    this.#onFailure = parts.onFailure;
    this.#isLookedAt = parts.isLookedAt;
    host.addController(this);
  }

  hostConnected(): void {
    this.library = new ModelLibrary(
      this.#engine().library,
      () => this.#host.requestUpdate(),
      (id) => this.#forget(id),
    );
    this.#stopWatching = watchImports((progress) => this.library.hear(progress));
  }

  hostDisconnected(): void {
    this.#stopWatching?.();
    clearTimeout(this.#storing);
  }

  /** Opens the model of the last visit, else the one that comes with the site. */
  async openFirst(): Promise<void> {
    this.isOpening = true;
    const id = readPreference(CHOICE);
    if (id && (await this.#stored()).some((model) => model.id === id)) await this.#open(() => storedWish(id));
    if (!this.model) await this.openDefault();
    await this.#loadCatalog();
    this.storeSoon();
  }

  /** Opens a model; when that fails, the one that was open stays. Remembers it if it can be found again. */
  async open(wish: ModelWish): Promise<void> {
    // The site's own model is the default, whatever its edition.
    if (wish.id !== undefined) writePreference(CHOICE, wish.id === this.catalog?.defaultId ? '' : wish.id);
    await this.#open(() => Promise.resolve(wish));
    this.storeSoon();
  }

  /** Opens the model that comes with the site. */
  async openDefault(): Promise<void> {
    await this.#open(() => this.#default());
  }

  /** The id of a picture's model, where that can be opened without further ado: stored, or the site's own. */
  async idOf(picture: PictureModel): Promise<string | undefined> {
    const stored = await this.#stored();
    const own = this.catalog?.entries.filter(({ id }) => id === this.catalog?.defaultId) ?? [];
    // What the catalog says of a model is known before its weights are.
    const unstored = own
      .filter(({ id }) => stored.every((model) => model.id !== id))
      .map(({ id, name }) => ({ id, name, hash: undefined }));
    return modelOf(picture, [...stored, ...unstored])?.id;
  }

  /** Opens one of those. @returns whether it is open */
  async openById(id: string): Promise<boolean> {
    const isOwn = id === this.catalog?.defaultId;
    await this.open(isOwn ? await this.#default() : await storedWish(id));
    return this.model?.id === id;
  }

  /** Puts the model that comes with the site into the store once the page has been idle for a moment. */
  storeSoon(): void {
    clearTimeout(this.#storing);
    const entry = this.#storable();
    const hasFailed = entry && this.library.state.works.get(entry.id)?.state === 'failed';
    if (!entry || hasFailed) return;
    this.#storing = setTimeout(() => {
      if (this.#isLookedAt()) this.storeSoon();
      else void this.#store();
    }, STORING_DELAY_MS);
  }

  /** Leaves the machine and the network to a picture. */
  pauseStoring(): void {
    clearTimeout(this.#storing);
    const entry = this.#storable();
    if (entry) this.library.pause(entry.id);
  }

  /** Takes note that the user deleted a model from the store. */
  #forget(id: string): void {
    if (id === this.catalog?.defaultId) writePreference(STORING, 'no');
    if (id === this.model?.id && this.model.reference.kind === 'stored') void this.openDefault();
  }

  /** The site's model while the page uses it from its address, unless the user does not want it stored. */
  #storable(): CatalogEntry | undefined {
    if (readPreference(STORING) === 'no') return undefined;
    const entry = this.catalog && catalogEntry(this.catalog, this.catalog.defaultId);
    const isOpen = this.model?.id === entry?.id && this.model?.reference.kind === 'url';
    return isOpen ? entry : undefined;
  }

  async #store(): Promise<void> {
    const entry = this.#storable();
    if (!entry || !this.model) return;
    const { id, name, version } = entry;
    await this.#removeOlder(entry);
    const addition = { id, name, ...(version !== undefined && { version }) };
    const stored = await this.library.add(this.model.reference, addition);
    // From now on it needs no network.
    if (stored && this.#storable() === entry) this.#set({ ...this.model, reference: { kind: 'stored', id } });
  }

  /** Another edition under the same name makes room; it was not opened because it is another. */
  async #removeOlder({ id, version }: CatalogEntry): Promise<void> {
    const { library } = this.#engine();
    try {
      const { models } = await library.list();
      if (models.some((model) => model.id === id && model.version !== version)) await library.remove(id);
    } catch {
      // Storing will say what is wrong, where somebody looks.
    }
  }

  async #open(refer: () => Promise<ModelWish>): Promise<void> {
    const opening = ++this.#openings;
    this.isOpening = true;
    this.#host.requestUpdate();
    try {
      const { reference, id } = await refer();
      const description = await this.#engine().describe(reference);
      if (opening !== this.#openings) return;
      this.#set({ reference, description, id });
    } catch (error) {
      if (opening !== this.#openings) return;
      this.#onFailure(toPlainError(error), () => void this.#open(refer));
    } finally {
      if (opening === this.#openings) {
        this.isOpening = false;
        this.#host.requestUpdate();
      }
    }
  }

  async #default(): Promise<ModelWish> {
    const catalog = await this.#fetchCatalog();
    const entry = catalogEntry(catalog, catalog.defaultId);
    return { reference: await locateEntry(entry, this.#engine().library), id: entry.id };
  }

  /** Whole models. */
  async #stored(): Promise<readonly StoredModel[]> {
    try {
      const { models } = await this.#engine().library.list();
      return models.filter(({ state }) => state === 'ready');
    } catch {
      // Without a store nothing is stored.
      return [];
    }
  }

  async #fetchCatalog(): Promise<Catalog> {
    this.catalog ??= await fetchCatalog();
    return this.catalog;
  }

  async #loadCatalog(): Promise<void> {
    try {
      await this.#fetchCatalog();
    } catch {
      // Only what is on offer is missing; a model that needs the catalog has said so.
    }
    this.#host.requestUpdate();
  }

  #set(model: OpenModel): void {
    this.model = model;
    this.#host.requestUpdate();
  }
}

function storedWish(id: string): Promise<ModelWish> {
  return Promise.resolve({ reference: { kind: 'stored', id }, id });
}
