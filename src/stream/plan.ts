/**
 * @file Plans the memory of a picture before it is begun. Which stages run, how often, in what order and with how
 * much memory each is known in advance, so what stays on the GPU is decided once and not guessed by a cache: a
 * cyclic order is the worst case of every "least recently used" rule. Pure arithmetic; nothing is allocated here.
 */

/**
 * `streamed`: sent for every run and gone after it. `packed`: stays as bfloat16 and is widened for every run.
 * `expanded`: stays as float32.
 */
type Residency = 'streamed' | 'packed' | 'expanded';

/** A stage as the plan sees it; bytes of whole buffers, activations of all pictures computed together. */
export interface PlannedStage {
  /** Unique in the model, see {@link stageKey}. */
  readonly key: string;
  /** What is sent to the GPU. */
  readonly uploadBytes: number;
  /** Its buffer as bfloat16, and the largest piece it can be sent in. */
  readonly packedBytes: number;
  readonly pieceBytes: number;
  /** All its buffers as float32. */
  readonly expandedBytes: number;
  /** What is added to its weights: sent whenever they are widened, and gone after that. */
  readonly addedBytes: number;
  /** Activations that are there when it begins. */
  readonly carriedBytes: number;
  /** The most activations and scratch while it computes. */
  readonly workBytes: number;
}

/** Stages run one after another, `runs` times over. */
export interface PlannedPass {
  readonly runs: number;
  /** Activations that are there all the time: inputs, and what the other passes left for this one. */
  readonly heldBytes: number;
  readonly stages: readonly PlannedStage[];
}

/** What is computed before other components get the memory: encoding, denoising, decoding. */
export type PlannedPhase = readonly PlannedPass[];

export interface StagePlan {
  readonly residency: Residency;
  /** It stays for the other phases and the next picture. */
  readonly lasting: boolean;
  /** It is sent while the stage before it computes. */
  readonly ahead: boolean;
  /** What must stay free for it while a stage is sent ahead of its turn. */
  readonly workBytes: number;
  /** Its bytes stay in the page's memory. */
  readonly kept: boolean;
}

export interface MemoryPlan {
  readonly budgetBytes: number;
  /** The most that will be live. */
  readonly peakBytes: number;
  readonly stagingBytes: number;
  /** Weights that stay on the GPU while it denoises, say: the most of any phase. */
  readonly residentBytes: number;
  /** Sent for a picture when nothing is there yet, and for the next. */
  readonly uploadedBytes: { readonly first: number; readonly again: number };
  readonly stages: ReadonlyMap<string, StagePlan>;
}

/** How a plan names a stage, or a table read on its own. */
export function stageKey(component: string, stage: string): string {
  return `${component}/${stage}`;
}

const MIB = 1024 ** 2;
/** Parameters of kernels and ONNX Runtime's own small buffers. */
const OVERHEAD_BYTES = 2 * MIB;
/** Memory for what is on its way to the GPU: a share of the budget, no more than a stage has and these bounds say. */
const STAGING_SHARE = 1 / 16;
const LEAST_STAGING = MIB / 2;
const MOST_STAGING = 64 * MIB;
const STAGING_STEP = 64 * 1024;

/** The least budget for the work: every stage streamed, nothing ahead. */
export function minimumBytes(phases: readonly PlannedPhase[]): number {
  return new Draft(phases, LEAST_STAGING).peakBytes();
}

/**
 * The best plan for a budget. A budget below {@link minimumBytes} is passed all the same; the
 * caller refuses it.
 * Memory goes first to sending ahead, which hides the time it takes, then to keeping what would be sent most often
 * (largest first, so that little is left over), then to keeping it for the next picture, and at last to keeping
 * stages expanded.
 * @param sendsAhead whether anything may be sent ahead
 */
export function planMemory(
  budgetBytes: number,
  phases: readonly PlannedPhase[],
  sendsAhead = true,
): MemoryPlan {
  const draft = new Draft(phases, Math.min(MOST_STAGING, budgetBytes * STAGING_SHARE));
  const fits = (): boolean => draft.peakBytes() <= budgetBytes;
  while (!fits() && draft.stagingBytes > LEAST_STAGING) draft.stagingBytes /= 2;
  for (const item of sendsAhead ? draft.items : [])
    draft.attempt(
      fits,
      () => (item.ahead = true),
      () => (item.ahead = false),
    );
  const largestFirst = draft.items.toSorted(
    (a, b) => b.runs - a.runs || b.stage.packedBytes - a.stage.packedBytes,
  );
  for (const item of largestFirst.filter(({ runs }) => runs > 1)) draft.keep(item, 'packed', false, fits);
  const here = largestFirst.filter(({ residency }) => residency === 'packed');
  const others = largestFirst.filter(({ residency }) => residency === 'streamed');
  for (const item of [...here, ...others]) draft.keep(item, 'packed', true, fits);
  for (const item of largestFirst.filter(({ residency }) => residency === 'packed'))
    draft.keep(item, 'expanded', item.lasting, fits);
  return draft.finish(budgetBytes);
}

/** A stage and what has been decided for it. */
interface Item {
  readonly stage: PlannedStage;
  readonly phase: number;
  /** How often it runs for one picture (or one lot of pictures). */
  readonly runs: number;
  residency: Residency;
  lasting: boolean;
  ahead: boolean;
}

/** A stage at its place in a pass. */
interface Visit {
  readonly item: Item;
  readonly next: Item | undefined;
  readonly heldBytes: number;
}

class Draft {
  readonly items: readonly Item[];
  #stagingBytes = 0;
  /** By phase. */
  readonly #visits: readonly (readonly Visit[])[];

  constructor(phases: readonly PlannedPhase[], stagingBytes: number) {
    const items = new Map<string, Item>();
    for (const [phase, passes] of phases.entries()) {
      for (const { runs, stages } of passes) {
        for (const stage of stages) {
          const known = items.get(stage.key);
          items.set(stage.key, {
            stage: known ? largerOf(known.stage, stage) : stage,
            phase,
            runs: (known?.runs ?? 0) + runs,
            residency: 'streamed',
            lasting: false,
            ahead: false,
          });
        }
      }
    }
    this.items = [...items.values()];
    this.stagingBytes = stagingBytes;
    this.#visits = phases.map((passes) =>
      passes.flatMap(({ runs, heldBytes, stages }) =>
        stages.map((stage, i): Visit => {
          const next = stages[i + 1] ?? (runs > 1 ? stages[0] : undefined);
          return {
            item: items.get(stage.key) as Item,
            next: next && items.get(next.key),
            heldBytes,
          };
        }),
      ),
    );
  }

  get stagingBytes(): number {
    return this.#stagingBytes;
  }

  /** Rounds, and keeps within what makes sense. */
  set stagingBytes(bytes: number) {
    const largest = Math.max(0, ...this.items.map(({ stage }) => stage.packedBytes));
    const wanted = Math.max(LEAST_STAGING, Math.min(bytes, largest));
    this.#stagingBytes = Math.ceil(wanted / STAGING_STEP) * STAGING_STEP;
  }

  /** Makes a change and takes it back unless the plan still fits. */
  attempt(fits: () => boolean, change: () => void, undo: () => void): void {
    change();
    if (!fits()) undo();
  }

  keep(item: Item, residency: Residency, lasting: boolean, fits: () => boolean): void {
    const before = { residency: item.residency, lasting: item.lasting };
    this.attempt(
      fits,
      () => Object.assign(item, { residency, lasting }),
      () => Object.assign(item, before),
    );
  }

  peakBytes(): number {
    const peaks = this.#visits.map((visits, phase) => this.#residentBytes(phase) + workOf(visits));
    return OVERHEAD_BYTES + this.stagingBytes + Math.max(0, ...peaks);
  }

  finish(budgetBytes: number): MemoryPlan {
    const sent = (again: boolean): number =>
      this.items.reduce((sum, { stage, runs, residency, lasting }) => {
        const times = residency === 'streamed' ? runs : again && lasting ? 0 : 1;
        const widenings = residency === 'packed' ? runs : times;
        return sum + times * stage.uploadBytes + widenings * stage.addedBytes;
      }, 0);
    return {
      budgetBytes,
      peakBytes: this.peakBytes(),
      stagingBytes: this.stagingBytes,
      residentBytes: Math.max(0, ...this.#visits.map((_, phase) => this.#residentBytes(phase))),
      uploadedBytes: { first: sent(false), again: sent(true) },
      stages: new Map(
        this.items.map(({ stage, residency, lasting, ahead }) => [
          stage.key,
          { residency, lasting, ahead, workBytes: this.#reserve(stage.key), kept: false },
        ]),
      ),
    };
  }

  #residentBytes(phase: number): number {
    return this.items.reduce((sum, item) => {
      if (item.residency === 'streamed' || !(item.lasting || item.phase === phase)) return sum;
      return sum + (item.residency === 'packed' ? item.stage.packedBytes : item.stage.expandedBytes);
    }, 0);
  }

  /** The most that is live beside weights while a stage computes. */
  #reserve(key: string): number {
    const here = this.#visits.flat().filter(({ item }) => item.stage.key === key);
    return OVERHEAD_BYTES + Math.max(...here.map(({ item, heldBytes }) => heldBytes + item.stage.workBytes));
  }
}

/** A stage that runs at several sizes, as the tiles at a picture's edges do, needs what the largest needs. */
function largerOf(a: PlannedStage, b: PlannedStage): PlannedStage {
  return {
    ...b,
    carriedBytes: Math.max(a.carriedBytes, b.carriedBytes),
    workBytes: Math.max(a.workBytes, b.workBytes),
  };
}

/** The most that is live of a phase beside its resident weights. */
function workOf(visits: readonly Visit[]): number {
  return visits.reduce((most, { item, next, heldBytes }) => {
    const { stage, residency } = item;
    const own = residency === 'expanded' ? 0 : stage.expandedBytes;
    const arriving =
      residency === 'packed'
        ? 0
        : item.ahead && residency === 'streamed'
          ? stage.packedBytes
          : stage.pieceBytes;
    const following = next?.residency === 'streamed' && next.ahead ? next.stage.packedBytes : 0;
    const expanding = own + arriving + stage.addedBytes + stage.carriedBytes;
    const computing = own + stage.workBytes + following;
    return Math.max(most, heldBytes + Math.max(expanding, computing));
  }, 0);
}
