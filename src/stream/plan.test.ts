import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planHost, planRam } from './plan-ram.ts';
import {
  minimumBytes,
  planMemory,
  type MemoryPlan,
  type PlannedPhase,
  type PlannedStage,
  type StagePlan,
} from './plan.ts';

const MIB = 1024 ** 2;

interface Size {
  readonly packed: number;
  readonly piece: number;
  readonly work: number;
  readonly carried: number;
  readonly added?: number;
}

/** Sizes in MiB; a stage's pieces and what it carries are parts of its weights and of its work. */
const size = fc.record({
  packed: fc.integer({ min: 1, max: 100 }),
  piece: fc.integer({ min: 1, max: 100 }),
  work: fc.integer({ min: 1, max: 60 }),
  carried: fc.integer({ min: 0, max: 60 }),
  added: fc.integer({ min: 0, max: 5 }),
});

function stage(key: string, { packed, piece, work, carried, added = 0 }: Size): PlannedStage {
  return {
    key,
    uploadBytes: packed * MIB,
    packedBytes: packed * MIB,
    pieceBytes: Math.min(piece, packed) * MIB,
    expandedBytes: 2 * packed * MIB,
    addedBytes: added * MIB,
    carriedBytes: Math.min(carried, work) * MIB,
    workBytes: work * MIB,
  };
}

const phaseOf = (phase: number) =>
  fc
    .array(
      fc.record({
        runs: fc.integer({ min: 1, max: 5 }),
        held: fc.integer({ min: 0, max: 30 }),
        sizes: fc.array(size, { minLength: 1, maxLength: 7 }),
      }),
      { minLength: 1, maxLength: 2 },
    )
    .map((passes): PlannedPhase =>
      passes.map(({ runs, held, sizes }, pass) => ({
        runs,
        heldBytes: held * MIB,
        stages: sizes.map((item, i) => stage(`${phase} ${pass} ${i}`, item)),
      })),
    );
const phases = fc
  .integer({ min: 1, max: 3 })
  .chain((count) => fc.tuple(...Array.from({ length: count }, (_, phase) => phaseOf(phase))));

/** How far above the minimum the budget is, in MiB. */
const spare = fc.integer({ min: 0, max: 2000 });

/**
 * Paints pictures by the plan, and counts as the GPU would: an independent account of what is live at each moment
 * and what is sent. Staging and small buffers are taken at the plan's word.
 */
class Simulation {
  peakBytes = 0;
  readonly uploads: number[] = [];
  readonly #phases: readonly PlannedPhase[];
  readonly #stages: ReadonlyMap<string, StagePlan>;
  readonly #fixed: number;
  readonly #resident = new Map<string, number>();

  constructor(plan: MemoryPlan, phases: readonly PlannedPhase[]) {
    this.#phases = phases;
    this.#stages = plan.stages;
    this.#fixed = plan.stagingBytes + 2 * MIB;
  }

  paint(): this {
    let sent = 0;
    for (const phase of this.#phases) {
      for (const { runs, heldBytes, stages } of phase) {
        let arrived: string | undefined;
        for (let visit = 0; visit < runs * stages.length; visit++) {
          const now = stages[visit % stages.length] as PlannedStage;
          const next = visit + 1 < runs * stages.length ? stages[(visit + 1) % stages.length] : undefined;
          if (!this.#resident.has(now.key) && arrived !== now.key) sent += now.uploadBytes;
          const isWide = this.#planOf(now.key).residency === 'expanded' && this.#resident.has(now.key);
          if (!isWide) sent += now.addedBytes;
          arrived = this.#visit(now, arrived === now.key, heldBytes, next);
          if (arrived !== undefined) sent += next?.uploadBytes ?? 0;
        }
      }
      for (const key of [...this.#resident.keys()])
        if (!this.#planOf(key).lasting) this.#resident.delete(key);
    }
    this.uploads.push(sent);
    return this;
  }

  /** Runs a stage; the key of the next if that was sent meanwhile. */
  #visit(
    now: PlannedStage,
    arrived: boolean,
    held: number,
    next: PlannedStage | undefined,
  ): string | undefined {
    const { residency } = this.#planOf(now.key);
    const known = this.#resident.has(now.key);
    let own = now.expandedBytes;
    let arriving = 0;
    if (residency === 'packed') this.#resident.set(now.key, now.packedBytes);
    else if (residency === 'expanded' && known) own = 0;
    else arriving = arrived ? now.packedBytes : now.pieceBytes;
    const added = own > 0 ? now.addedBytes : 0;
    this.#live(held + own + arriving + added + now.carriedBytes);
    if (residency === 'expanded') {
      this.#resident.set(now.key, now.expandedBytes);
      own = 0;
    }
    const sending = next && !this.#resident.has(next.key) && this.#planOf(next.key).ahead ? next : undefined;
    // There is room ahead for what is to stay packed or go again; what is to stay expanded is sent if there is room.
    const stays = sending && this.#planOf(sending.key).residency !== 'streamed';
    if (!stays) this.#live(held + own + now.workBytes + (sending?.packedBytes ?? 0));
    else this.#live(held + own + now.workBytes);
    return stays ? undefined : sending?.key;
  }

  #live(bytes: number): void {
    const residents = [...this.#resident.values()].reduce((sum, resident) => sum + resident, 0);
    this.peakBytes = Math.max(this.peakBytes, this.#fixed + residents + bytes);
  }

  #planOf(key: string): StagePlan {
    return this.#stages.get(key) as StagePlan;
  }
}

const residencies = (plan: MemoryPlan): string[] =>
  [...plan.stages.values()].map(({ residency }) => residency);

describe('planMemory', () => {
  it('never passes a budget that is enough, and foretells peak and uploads', () => {
    fc.assert(
      fc.property(phases, spare, (work, extra) => {
        const budget = minimumBytes(work) + extra * MIB;
        const plan = planMemory(budget, work);
        const simulation = new Simulation(plan, work).paint().paint();
        expect(plan.peakBytes).toBeLessThanOrEqual(budget);
        expect(simulation.peakBytes).toBeLessThanOrEqual(plan.peakBytes);
        expect(simulation.uploads).toEqual([plan.uploadedBytes.first, plan.uploadedBytes.again]);
      }),
    );
  });

  it('needs no more than the largest stage with what is there at the same time', () => {
    fc.assert(
      fc.property(phases, (work) => {
        const largest = work
          .flat()
          .flatMap(({ heldBytes, stages }) =>
            stages.map(
              ({ expandedBytes, pieceBytes, addedBytes, carriedBytes, workBytes }) =>
                heldBytes + expandedBytes + Math.max(pieceBytes + addedBytes + carriedBytes, workBytes),
            ),
          );
        expect(minimumBytes(work)).toBe(Math.max(...largest) + 2.5 * MIB);
      }),
    );
  });

  it('keeps everything expanded, and sends nothing for a second picture, where there is room for all', () => {
    fc.assert(
      fc.property(phases, (work) => {
        const plan = planMemory(1e6 * MIB, work);
        expect(new Set(residencies(plan))).toEqual(new Set(['expanded']));
        expect(plan.uploadedBytes.again).toBe(0);
      }),
    );
  });

  it('saves all but one stage of what the best choice would save', () => {
    const pass = fc.record({
      runs: fc.integer({ min: 2, max: 6 }),
      sizes: fc.array(size, { minLength: 1, maxLength: 9 }),
    });
    fc.assert(
      fc.property(pass, fc.integer({ min: 0, max: 500 }), ({ runs, sizes }, extra) => {
        const stages = sizes.map((item, i) => stage(`${i}`, item));
        const work = [[{ runs, heldBytes: 0, stages }]];
        const budget = minimumBytes(work) + extra * MIB;
        const plan = planMemory(budget, work);
        const all =
          runs * stages.reduce((sum, { uploadBytes, addedBytes }) => sum + uploadBytes + addedBytes, 0);
        const saved = all - plan.uploadedBytes.first;
        const largest = Math.max(...stages.map(({ uploadBytes }) => uploadBytes));
        // What stays may be sent ahead as the plan does it, and must fit as the simulation counts it.
        let best = 0;
        for (let chosen = 0; chosen < 2 ** stages.length; chosen++) {
          const residency = (i: number) => ((chosen >> i) & 1 ? 'packed' : 'streamed');
          const choice = new Map(
            stages.map(({ key }, i) => [
              key,
              { ...(plan.stages.get(key) as StagePlan), residency: residency(i), lasting: false } as const,
            ]),
          );
          if (new Simulation({ ...plan, stages: choice }, work).paint().peakBytes > budget) continue;
          const kept = stages.filter((_, i) => residency(i) === 'packed');
          best = Math.max(best, (runs - 1) * kept.reduce((sum, { uploadBytes }) => sum + uploadBytes, 0));
        }
        expect(saved).toBeGreaterThanOrEqual(best - (runs - 1) * largest);
      }),
    );
  });

  it('keeps what runs most often first, and everything in the end', () => {
    const twenty = { packed: 20, piece: 20, work: 1, carried: 0 };
    const pass = (runs: number, ...keys: string[]): PlannedPhase[number] => ({
      runs,
      heldBytes: 0,
      stages: keys.map((key) => stage(key, twenty)),
    });
    const work = [[pass(1, 'encoder')], [pass(2, 'twice', 'and twice'), pass(4, 'often', 'and often')]];
    const kept = (spareBytes: number): string[] => {
      const { stages } = planMemory(minimumBytes(work) + spareBytes * MIB, work);
      return [...stages].flatMap(([key, { residency }]) => (residency === 'streamed' ? [] : [key]));
    };
    expect(kept(0)).toEqual([]);
    expect(kept(30)).toEqual(['often']);
    expect(kept(55)).toEqual(['often', 'and often']);
    expect(kept(200)).toHaveLength(5);
  });

  it('sends no stage ahead that would not fit beside the work before it', () => {
    const work = [
      [
        {
          runs: 1,
          heldBytes: 0,
          stages: [
            stage('small', { packed: 1, piece: 1, work: 200, carried: 0 }),
            stage('large', { packed: 60, piece: 10, work: 1, carried: 0 }),
          ],
        },
      ],
    ];
    expect(planMemory(minimumBytes(work) + MIB, work).stages.get('large')?.ahead).toBe(false);
    expect(planMemory(minimumBytes(work) + 100 * MIB, work).stages.get('large')?.ahead).toBe(true);
    expect(planMemory(minimumBytes(work) + 100 * MIB, work, false).stages.get('large')?.ahead).toBe(false);
  });

  it('leaves a stage under way all it may need', () => {
    const stages = [stage('a', { packed: 1, piece: 1, work: 30, carried: 0 })];
    const plan = planMemory(500 * MIB, [[{ runs: 1, heldBytes: 7 * MIB, stages }]]);
    expect(plan.stages.get('a')?.workBytes).toBe(39 * MIB);
  });
});

describe('planRam', () => {
  const tables = [{ key: 'table', bytes: 5 * MIB }];

  it('keeps what is read most often, never more than the budget, nothing that stays on the GPU', () => {
    fc.assert(
      fc.property(phases, spare, fc.integer({ min: 0, max: 2000 }), (work, extra, ram) => {
        const plan = planMemory(minimumBytes(work) + extra * MIB, work);
        const stages = planRam(plan.stages, work, tables, ram * MIB);
        const all = work.flat().flatMap(({ runs, stages: list }) => list.map((item) => ({ ...item, runs })));
        const reads = (key: string, runs: number): number => {
          const { residency = 'streamed', lasting } = stages.get(key) ?? {};
          return residency === 'streamed' ? runs : lasting ? 0 : 1;
        };
        const list = [
          ...all.map(({ key, uploadBytes, runs }) => ({ key, bytes: uploadBytes, reads: reads(key, runs) })),
          ...tables.map((table) => ({ ...table, reads: 1 })),
        ];
        const kept = list.filter(({ key }) => stages.get(key)?.kept);
        const arriving = Math.max(...list.map(({ bytes }) => bytes));
        const left = ram * MIB - arriving - kept.reduce((sum, { bytes }) => sum + bytes, 0);
        if (kept.length > 0) expect(left).toBeGreaterThanOrEqual(0);
        for (const item of kept) expect(item.reads).toBeGreaterThan(0);
        for (const item of list) {
          if (stages.get(item.key)?.kept || item.reads === 0) continue;
          // It would have fitted only in the place of something read as often or more.
          const lesser = kept.filter(({ reads: often }) => often < item.reads);
          expect(left + lesser.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(item.bytes);
        }
      }),
    );
  });

  it('leaves the plan for the GPU as it is', () => {
    fc.assert(
      fc.property(phases, spare, (work, extra) => {
        const plan = planMemory(minimumBytes(work) + extra * MIB, work);
        const stages = planRam(plan.stages, work, [], 100 * MIB);
        expect([...stages].map(([key, item]) => [key, { ...item, kept: false }])).toEqual([...plan.stages]);
      }),
    );
  });
});

/** The most that weights take of the page's memory at one moment of two pictures painted by a plan without a GPU. */
function hostPeak(
  plans: ReadonlyMap<string, StagePlan>,
  work: readonly PlannedPhase[],
  tables: readonly { key: string; bytes: number }[],
): number {
  const planOf = (key: string): StagePlan => plans.get(key) as StagePlan;
  const staying = new Map<string, number>();
  let peak = 0;
  const live = (bytes: number): void => {
    for (const stays of staying.values()) bytes += stays;
    peak = Math.max(peak, bytes);
  };
  const visit = (now: PlannedStage, next: PlannedStage | undefined, spare: number): number => {
    const { residency } = planOf(now.key);
    const isWide = residency === 'expanded' && staying.has(now.key);
    // Widening gives up what the stage before has left behind; a stage that is wide already does not.
    const [widened, left] = isWide ? [0, spare] : [now.expandedBytes, 0];
    if (residency === 'packed') staying.set(now.key, now.packedBytes);
    live(widened + left + (isWide || residency === 'packed' ? 0 : now.packedBytes));
    if (residency === 'expanded') staying.set(now.key, now.expandedBytes);
    const inUse = residency === 'expanded' ? 0 : widened;
    live(inUse + left + (next && !staying.has(next.key) ? next.packedBytes : 0));
    return inUse;
  };
  for (let picture = 0; picture < 2; picture++) {
    for (const { key, bytes } of tables) {
      if (planOf(key).kept) staying.set(key, bytes);
      live(planOf(key).kept ? 0 : bytes);
    }
    for (const { runs, stages } of work.flat()) {
      const visits = Array.from({ length: runs }, () => stages).flat();
      visits.reduce((spare, now, i) => visit(now, visits[i + 1], spare), 0);
    }
  }
  return peak;
}

describe('planHost', () => {
  const tables = [{ key: 'table', bytes: 5 * MIB }];
  const ram = fc.integer({ min: 0, max: 4000 });

  it('never passes a budget that is enough for what is in use and what is on its way', () => {
    fc.assert(
      fc.property(phases, ram, (work, mebibytes) => {
        const all = work.flat().flatMap(({ stages }) => stages);
        const inUse = Math.max(...all.map(({ expandedBytes }) => expandedBytes));
        const arriving = Math.max(5 * MIB, ...all.map(({ packedBytes }) => packedBytes));
        const peak = hostPeak(planHost(work, tables, mebibytes * MIB), work, tables);
        expect(peak).toBeLessThanOrEqual(Math.max(mebibytes * MIB, inUse + arriving));
      }),
    );
  });

  it('keeps weights, then widens as many of them as there is room for', () => {
    fc.assert(
      fc.property(phases, ram, (work, mebibytes) => {
        const all = work.flat().flatMap(({ stages }) => stages);
        const inUse = Math.max(...all.map(({ expandedBytes }) => expandedBytes));
        const arriving = Math.max(5 * MIB, ...all.map(({ packedBytes }) => packedBytes));
        const left = mebibytes * MIB - inUse - arriving;
        const residencies = [...planHost(work, tables, mebibytes * MIB).values()];
        const total = all.reduce((sum, { expandedBytes }) => sum + expandedBytes, 5 * MIB);
        const packed = all.reduce((sum, { packedBytes }) => sum + packedBytes, 5 * MIB);
        const streamed = residencies.filter(({ residency, kept }) => residency === 'streamed' && !kept);
        const expanded = residencies.filter(({ residency }) => residency === 'expanded');
        if (total <= left) expect(expanded).toHaveLength(all.length);
        if (packed <= left) expect(streamed).toHaveLength(0);
        if (left < 0) expect(streamed).toHaveLength(all.length + 1);
      }),
    );
  });
});
