import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Engine } from '../../engine/protocol/engine.ts';
import type { LoraDesk, TrialSettings } from '../../engine/protocol/lora-desk.ts';
import { AppError, throwIfAborted } from '../../error.ts';
import type { LoraTrial } from '../../lora/trial-report.ts';
import type { LoraVerdict } from '../../lora/verdict.ts';
import type { LoraRecords } from '../../store/lora-records.ts';
import { LoraShelf } from '../../store/lora-shelf.ts';
import { writeSafetensors } from '../../weights/safetensors.ts';
import { modelKey, trialStanding, verdictOf } from './lora-findings.ts';
import { LoraWorkshop } from './lora-workshop.ts';
import type { OpenModel } from '../models/model-choice.ts';

const VERDICT: LoraVerdict = {
  admitted: true,
  norms: 'due',
  reasons: [],
  modules: [],
  total: { modules: 1, rank: 1, scale: 1, relative: null },
};
const MEASURED: LoraVerdict = { ...VERDICT, norms: 'measured', total: { ...VERDICT.total, relative: 0.25 } };
const TRIAL: LoraTrial = {
  prompt: '',
  weight: 1,
  evaluation: { nonFinite: 0, moved: 0.1 },
  pairs: [],
  concerns: [],
};
const GIVEN = {
  name: 'a',
  weights: new Blob([writeSafetensors({ lora: { shape: [1], data: Float32Array.of(1) } })]),
  config: undefined,
};
const SETTINGS = {} as TrialSettings;
const ONE = model('one');
const TWO = model('two');

function model(id: string): OpenModel {
  return { reference: { kind: 'stored', id }, description: { id: 'model' }, id } as unknown as OpenModel;
}

const noRecords: LoraRecords = {
  list: () => Promise.resolve([]),
  put: ({ file }) => Promise.resolve(file),
  putFacts: () => Promise.resolve(),
  remove: () => Promise.resolve(),
};

let open: OpenModel;
/** Lets the engine answer what it was asked last. */
let answer: () => void;
let asked: number;
let desk: LoraDesk;
let shelf: LoraShelf;
let workshop: LoraWorkshop;
let id: string;

/** Answers when it is told to, unless it was stopped. */
async function whenTold<T>(value: T, { signal }: { readonly signal?: AbortSignal }): Promise<T> {
  asked++;
  await new Promise<void>((resolve) => {
    answer = resolve;
    signal?.addEventListener('abort', () => resolve());
  });
  throwIfAborted(signal);
  return value;
}

beforeEach(async () => {
  open = ONE;
  asked = 0;
  desk = {
    inspect: (_, handlers) => whenTold(VERDICT, handlers),
    measure: (_, handlers) => whenTold(MEASURED, handlers),
    adapt: (_, handlers) => whenTold({ verdict: VERDICT, repairs: [], file: undefined }, handlers),
    check: (_, handlers) => whenTold({ verdict: VERDICT, trial: TRIAL }, handlers),
  };
  shelf = new LoraShelf(() => undefined, noRecords);
  workshop = new LoraWorkshop({
    engine: () => ({ lora: desk }) as Engine,
    model: () => open,
    shelf,
    onChange: () => undefined,
  });
  id = (await shelf.add(GIVEN)).entry.id;
});

const verdictBeside = (beside: OpenModel) => {
  const entry = shelf.find(id);
  return entry && verdictOf(entry, beside);
};

it('looks again beside another model, though it has the same name', async () => {
  const inspecting = workshop.inspect(id);
  answer();
  await inspecting;
  expect(verdictBeside(ONE)).toBe(VERDICT);
  expect(verdictBeside(TWO)).toBeUndefined();
});

it('looks at what it could not when other work on the LoRA is over', async () => {
  const testing = workshop.test(id, SETTINGS);
  open = TWO;
  await workshop.inspect(id);
  expect(workshop.state.works.get(id)?.task).toBe('test');
  answer();
  await vi.waitFor(() => expect(workshop.state.works.get(id)?.task).toBe('inspect'));
  answer();
  await testing;
  expect(verdictBeside(TWO)).toBe(VERDICT);
});

it('does not take what it found of a file for what comes in its place', async () => {
  const inspecting = workshop.inspect(id);
  await shelf.add({ ...GIVEN, config: { name: 'adapter_config.json', text: '{"lora_alpha":4}' } });
  await workshop.inspect(id);
  answer();
  await vi.waitFor(() => expect(asked).toBe(2));
  expect(verdictBeside(ONE)).toBeUndefined();
  answer();
  await inspecting;
  expect(verdictBeside(ONE)).toBe(VERDICT);
  expect(workshop.state.failures.size).toBe(0);
});

it('keeps with a trial what it was made with', async () => {
  const testing = workshop.test(id, SETTINGS);
  answer();
  await testing;
  const entry = shelf.find(id);
  if (!entry) throw new Error('the shelf is empty');
  expect([trialStanding(entry, ONE), trialStanding(entry, TWO)]).toEqual(['safe', 'untried']);
});

it('can be stopped while it repairs', async () => {
  const repairing = workshop.repair(id, 'folded');
  expect(workshop.state.works.get(id)?.task).toBe('repair');
  workshop.cancel(id);
  expect(await repairing).toBe(false);
  expect(workshop.state).toEqual({
    works: new Map(),
    failures: new Map(),
    unrepaired: new Map(),
    unmeasured: new Map(),
    trials: new Map(),
  });
});

it('lets go of all that is known of a LoRA', async () => {
  const tested = workshop.test(id, SETTINGS);
  answer();
  await tested;
  const repairing = workshop.repair(id, 'folded');
  answer();
  await repairing;
  expect([workshop.state.trials.size, workshop.state.unrepaired.size]).toEqual([1, 1]);
  const testing = workshop.test(id, SETTINGS);
  workshop.forget(id);
  await testing;
  expect([workshop.state.trials.size, workshop.state.unrepaired.size]).toEqual([0, 0]);
});

it('holds a repair that was in vain against the model it was for, not against others', async () => {
  const repairing = workshop.repair(id, 'folded');
  answer();
  await repairing;
  const key = workshop.state.unrepaired.get(id);
  expect([key === modelKey(ONE), key === modelKey(TWO)]).toEqual([true, false]);
});

describe('measuring', () => {
  const relative = () => verdictBeside(open)?.total.relative;
  const inspected = async () => {
    const inspecting = workshop.inspect(id);
    answer();
    await inspecting;
  };

  it('follows the verdict, once, while it is wanted', async () => {
    await inspected();
    expect([verdictBeside(ONE)?.norms, asked]).toEqual(['due', 1]);
    workshop.measuring.start();
    expect(asked).toBe(2);
    workshop.measuring.stop();
    await vi.waitFor(() => expect(workshop.measuring.isRunning).toBe(false));
    expect(verdictBeside(ONE)?.norms).toBe('due');
    workshop.measuring.start();
    answer();
    await vi.waitFor(() => expect(relative()).toBe(0.25));
    workshop.measuring.start();
    expect([workshop.measuring.isRunning, asked]).toEqual([false, 3]);
  });

  it('leaves a verdict as it is where it fails, says why, and does not try again', async () => {
    await inspected();
    const failing = vi
      .spyOn(desk, 'measure')
      .mockRejectedValue(new AppError('weights/not-found', { file: 'x', status: 404 }));
    workshop.measuring.start();
    await vi.waitFor(() => expect(workshop.state.unmeasured.get(id)?.failure.code).toBe('weights/not-found'));
    expect(verdictBeside(ONE)).toBe(VERDICT);
    workshop.measuring.goOn();
    expect(failing).toHaveBeenCalledTimes(1);
  });

  it('a test does not undo what was measured', async () => {
    await inspected();
    workshop.measuring.start();
    answer();
    await vi.waitFor(() => expect(relative()).toBe(0.25));
    const testing = workshop.test(id, SETTINGS);
    answer();
    await testing;
    expect(relative()).toBe(0.25);
  });
});
