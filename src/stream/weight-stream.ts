/**
 * @file Brings the weights of a component to the backend one stage at a time. A stage asks for its weights
 * (`acquire`), runs, and gives them back (`release`); the stage after it is read and sent meanwhile (`prefetch`).
 * What stays on the backend or in memory is no decision of this file: it follows a plan.
 */
import type { Stage, WeightSpec } from '../architecture/program.ts';
import { throwIfAborted } from '../error.ts';
import type { Backend, LowRank, Packed, Tensor } from '../runtime/backend.ts';
import type { RoundingSums } from '../weights/rounding.ts';
import { storedName } from '../weights/stored-names.ts';
import type { WeightSet } from '../weights/weight-set.ts';
import { stageKey, type StagePlan } from './plan.ts';

/** Weights of a stage on the backend, by tensor name, widened to float32. */
export type StageWeights = ReadonlyMap<string, Tensor>;

/** One tensor on its way or here. */
interface Reading {
  /** The stage it belongs to, or its own name. */
  readonly owner: string;
  readonly values: Promise<Uint16Array>;
  /** Stops the reading; `undefined` once the values are here. */
  signal: AbortSignal | undefined;
}

/** A stage's weights that stay on the backend, in one of two forms. */
type Resident =
  | { readonly form: 'packed'; readonly packed: Packed }
  | { readonly form: 'expanded'; readonly tensors: StageWeights };

/** Without a plan nothing stays on the backend, and what was read stays in memory. */
const UNPLANNED: StagePlan = {
  residency: 'streamed',
  lasting: false,
  ahead: true,
  workBytes: 0,
  kept: true,
};

/** What is added to weights, by their names in programs. */
export type Additions = ReadonlyMap<string, LowRank>;

export class WeightStream {
  readonly #weights: WeightSet;
  #plan: ReadonlyMap<string, StagePlan> | undefined;
  #backend: Backend | undefined;
  readonly #read = new Map<string, Reading>();
  /** Sent ahead, by stage; `undefined` inside where that came to nothing. */
  readonly #ahead = new Map<string, Promise<Packed | undefined>>();
  readonly #residents = new Map<string, Resident>();
  #additions: Additions = new Map();

  constructor(weights: WeightSet) {
    this.#weights = weights;
  }

  get component(): string {
    return this.#weights.component;
  }

  /** What rounding to bfloat16 has changed in the weights that have been read. */
  rounding(): RoundingSums {
    return this.#weights.rounding(this.#weights.names());
  }

  /** Throws `weights/tensor-missing` or `weights/tensor-shape` for the first tensor that does not fit. */
  check(specs: readonly WeightSpec[]): void {
    this.#weights.check(specs.map((spec) => this.#request(spec)));
  }

  /** Does as the plan says from now on; what it does not keep for good is given back. */
  async follow(plan: ReadonlyMap<string, StagePlan>): Promise<void> {
    this.#plan = plan;
    await this.leave();
    for (const [name, { signal, owner }] of this.#read) if (!signal) this.#forget(name, owner);
  }

  /** Makes room for other components: gives back all that is not to last. */
  async leave(): Promise<void> {
    await this.abandon();
    for (const [stage, { form }] of this.#residents) {
      const { lasting, residency } = this.#planOf(stage);
      if (!lasting || residency !== form) this.#evict(stage, this.#backend);
    }
  }

  /** Adds these to weights from now on, and nothing else, whenever they are widened; as stored they stay what they are. */
  add(additions: Additions): void {
    if (additions === this.#additions) return;
    this.#additions = additions;
    for (const [stage, { form }] of this.#residents)
      if (form === 'expanded') this.#evict(stage, this.#backend);
  }

  /** What is added to some weights, in their order. */
  addedTo(specs: readonly WeightSpec[]): (LowRank | undefined)[] {
    return specs.map(({ name }) => this.#additions.get(name));
  }

  /** Gives the backend's memory back, whatever the plan; the weights come again when they are wanted. */
  async unload(): Promise<void> {
    const backend = this.#backend;
    for (const stage of [...this.#residents.keys()]) this.#evict(stage, backend);
    await this.abandon();
  }

  /** Gives back what was sent ahead and will not be wanted: after a failure, or a cancel. */
  async abandon(): Promise<void> {
    const backend = this.#backend;
    const sent = [...this.#ahead.values()];
    this.#ahead.clear();
    for (const packed of await Promise.all(sent)) if (packed) backend?.drop(packed);
  }

  /** Starts to read and to send a stage that will be wanted soon, while `during` is at work. */
  prefetch(stage: Stage, backend: Backend, during: Stage, signal?: AbortSignal): void {
    if (this.#isHere(stage, backend)) return;
    const { ahead } = this.#planOf(stage.name);
    const { workBytes } = this.#planOf(during.name);
    const values = this.#readAll(stage.name, stage.weights, signal);
    // A failure is not lost: `acquire` reads and sends again and throws it.
    values.catch(() => undefined);
    if (!ahead) return;
    const sent = values.then(async (arrays) => {
      const packed = await backend.storeAhead(arrays, workBytes);
      if (packed) for (const { name } of stage.weights) this.#forget(name, stage.name);
      return packed;
    });
    this.#ahead.set(
      stage.name,
      sent.catch(() => undefined),
    );
  }

  /** Reads a stage's weights, sends them and widens them on the backend, as far as that is not done yet. */
  async acquire(stage: Stage, backend: Backend, signal?: AbortSignal): Promise<StageWeights> {
    this.#isHere(stage, backend);
    const resident = this.#residents.get(stage.name);
    if (resident?.form === 'expanded') return resident.tensors;
    const { residency } = this.#planOf(stage.name);
    const sent = resident?.packed ?? (await this.#takeAhead(stage.name));
    if (!sent) throwIfAborted(signal);
    const values = sent ? [] : await this.#readAll(stage.name, stage.weights, signal);
    const whole = sent ?? (residency === 'packed' ? await backend.store(values) : undefined);
    for (const { name } of stage.weights) this.#forget(name, stage.name);
    if (residency === 'packed' && whole) this.#residents.set(stage.name, { form: 'packed', packed: whole });
    const tensors = whole
      ? await this.#widen(stage.weights, whole, backend, residency !== 'packed')
      : await this.#sendPiecewise(stage.weights, values, backend);
    if (residency === 'expanded') this.#residents.set(stage.name, { form: 'expanded', tensors });
    return tensors;
  }

  /** Gives a stage's weights back. */
  release(stage: Stage, weights: StageWeights, backend: Backend): void {
    const resident = this.#residents.get(stage.name);
    if (resident?.form === 'expanded' && resident.tensors === weights) return;
    for (const tensor of weights.values()) backend.free(tensor);
  }

  /** One tensor as bfloat16 on the CPU, for tables that are looked up row by row. */
  async table(spec: WeightSpec, signal?: AbortSignal): Promise<Uint16Array> {
    const [values = new Uint16Array()] = await this.#readAll(spec.name, [spec], signal);
    this.#forget(spec.name, spec.name);
    return values;
  }

  /** Widens stored weights; `last` gives the stored ones back. */
  async #widen(
    specs: readonly WeightSpec[],
    packed: Packed,
    backend: Backend,
    last: boolean,
  ): Promise<StageWeights> {
    try {
      const added = this.addedTo(specs);
      const layouts = specs.map(({ shape, transposed }, i) => ({ shape, transposed, added: added[i] }));
      const tensors = await backend.widen(packed, layouts);
      return new Map(specs.map(({ name }, i) => [name, tensors[i] as Tensor]));
    } finally {
      if (last) backend.drop(packed);
    }
  }

  /** Sends and widens a few tensors at a time, never more than the largest, where there is no room for all. */
  async #sendPiecewise(
    specs: readonly WeightSpec[],
    values: readonly Uint16Array[],
    backend: Backend,
  ): Promise<StageWeights> {
    const tensors = new Map<string, Tensor>();
    try {
      for (const [begin, end] of pieces(values)) {
        const packed = await backend.store(values.slice(begin, end));
        const widened = await this.#widen(specs.slice(begin, end), packed, backend, true);
        for (const [name, tensor] of widened) tensors.set(name, tensor);
      }
      return tensors;
    } catch (error) {
      for (const tensor of tensors.values()) backend.free(tensor);
      throw error;
    }
  }

  async #takeAhead(stage: string): Promise<Packed | undefined> {
    const sent = this.#ahead.get(stage);
    this.#ahead.delete(stage);
    return sent;
  }

  /** Whether a stage is on the backend or on its way; weights on another backend are given back first. */
  #isHere(stage: Stage, backend: Backend): boolean {
    if (this.#backend !== backend) {
      void this.unload();
      this.#backend = backend;
    }
    return this.#residents.has(stage.name) || this.#ahead.has(stage.name);
  }

  #evict(stage: string, backend: Backend | undefined): void {
    const resident = this.#residents.get(stage);
    this.#residents.delete(stage);
    if (resident?.form === 'packed') backend?.drop(resident.packed);
    if (resident?.form === 'expanded') for (const tensor of resident.tensors.values()) backend?.free(tensor);
  }

  #planOf(stage: string): StagePlan {
    if (!this.#plan) return UNPLANNED;
    return this.#plan.get(stageKey(this.component, stage)) ?? { ...UNPLANNED, ahead: false, kept: false };
  }

  /** The weights of a stage, or one tensor under its own name as the `owner`. */
  async #readAll(owner: string, specs: readonly WeightSpec[], signal?: AbortSignal): Promise<Uint16Array[]> {
    // What somebody else has given up reading is read anew.
    const missing = specs.filter(
      ({ name }) => this.#read.get(name)?.signal?.aborted ?? !this.#read.has(name),
    );
    if (missing.length > 0) {
      const all = this.#weights.read(
        missing.map((spec) => this.#request(spec)),
        signal,
      );
      missing.forEach(({ name }, i) => {
        const values = all.then((arrays) => arrays[i] ?? new Uint16Array());
        const reading: Reading = { owner, values, signal };
        values.then(
          () => (reading.signal = undefined),
          // A failed read must not be remembered; whoever awaits it gets the error.
          () => this.#read.get(name) === reading && this.#read.delete(name),
        );
        this.#read.set(name, reading);
      });
    }
    return Promise.all(
      specs.map(({ name }) => this.#read.get(name)?.values ?? Promise.resolve(new Uint16Array())),
    );
  }

  #forget(name: string, owner: string): void {
    if (!this.#planOf(owner).kept) this.#read.delete(name);
  }

  #request({ name, shape }: WeightSpec): { name: string; shape: readonly number[] } {
    return { name: storedName(this.#weights, name), shape };
  }
}

/** Cuts the arrays into runs, [begin, end), none of more bytes than the largest array has. */
function pieces(values: readonly Uint16Array[]): [number, number][] {
  const most = Math.max(0, ...values.map(({ byteLength }) => byteLength));
  const runs: [number, number][] = [];
  let bytes = Infinity;
  values.forEach(({ byteLength }, i) => {
    const last = runs.at(-1);
    bytes += byteLength;
    if (last && bytes <= most) {
      last[1] = i + 1;
    } else {
      runs.push([i, i + 1]);
      bytes = byteLength;
    }
  });
  return runs;
}
