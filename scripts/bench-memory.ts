/**
 * @file `npm run bench:memory`: what streaming weights costs. The same pictures are painted by the product's own engine
 * in one real browser, with weights streamed, kept as bfloat16 and kept as float32, with and without sending ahead,
 * together and alone; and by ONNX Runtime Web alone, the way it is usually used. Times are compared round by round.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { modeFor, type BenchSize, type Mode } from './bench-memory/budgets.ts';
import { paintMonolith, paintOwn, type MonolithRun } from './bench-memory/monolith.ts';
import { asMarkdown, reportArms, reportRatios, type BenchReport } from './bench-memory/report.ts';
import { paintRounds, type Arm } from './bench-memory/rounds.ts';
import { runWithFlags, type Command } from './headless/command.ts';
import { resolveModel, type ResolvedModel } from './headless/model.ts';
import type { PictureOrder } from './headless/paint.ts';
import { openSession, type Session } from './headless/session.ts';
import { readChoice, readInteger } from './headless/words.ts';
import { makeCheckpoint } from './make-checkpoint/make.ts';
import { SIZES, type SizeName } from './make-checkpoint/sizes.ts';
import { openOutline } from './plan/table.ts';

const USAGE = `Usage: npm run bench:memory -- [flags]

  --size tiny|mid|full   a random checkpoint of make-checkpoint (default tiny, which takes minutes on SwiftShader)
  --side 64  --steps 2   of the pictures
  --rounds 5             each way of painting is measured once in every round
  --together 8           pictures that share what is sent, compared with as many alone
  --only PART            keeping (streamed, bf16, f32, nothing sent ahead), sharing (together and alone) or whole (a fresh
                         page, and ONNX Runtime Web alone on whole graphs); absent: all three
  --json                 the figures as JSON instead of Markdown
`;
const MERGES = new URL('../src/tokens/clip-vocabulary/merges.txt', import.meta.url);
const PARTS = ['keeping', 'sharing', 'whole'] as const;
const STREAMED = 'streamed';
const UNPREPARED = 'streamed, nothing sent ahead';
const PACKED = 'kept as bf16';
const EXPANDED = 'kept as f32';

/** What is measured, and where. */
interface Bench {
  readonly command: Command;
  readonly folder: string;
  /** For files of the benchmark itself. */
  readonly temporary: string;
  readonly size: BenchSize;
  readonly rounds: number;
}

type Figures = Pick<BenchReport, 'arms' | 'ratios'>;

const TEXT = { type: 'string' } as const;
const FLAGS = {
  ...{ size: TEXT, side: TEXT, steps: TEXT, rounds: TEXT, together: TEXT, only: TEXT },
  json: { type: 'boolean' },
} as const;

await runWithFlags(USAGE, FLAGS, async (command, values) => {
  const size = readChoice('size', values.size, Object.keys(SIZES) as SizeName[]) ?? 'tiny';
  const side = readInteger('side', values.side) ?? 64;
  const steps = readInteger('steps', values.steps) ?? 2;
  const rounds = readInteger('rounds', values.rounds) ?? 5;
  const together = readInteger('together', values.together) ?? 8;
  const only = readChoice('only', values.only, PARTS);

  const temporary = mkdtempSync(path.join(os.tmpdir(), 'emulsion-bench-'));
  command.atEnd(() => rmSync(temporary, { recursive: true, force: true }));
  const folder = path.join(temporary, 'model');
  const mergeList = readFileSync(MERGES, 'utf8');
  await makeCheckpoint({ folder, size, layout: 'diffusers', dtype: 'bf16', seed: 0, mergeList });
  const model = await openOutline(folder);
  const bench: Bench = { command, folder, temporary, size: { model, side, steps, count: 1 }, rounds };
  const runs = (part: (typeof PARTS)[number]): boolean => only === undefined || only === part;

  const work = async (): Promise<BenchReport> => {
    const session = await openPage(bench, 'rounds');
    const { adapter } = await session.probe();
    const kept = runs('keeping') ? await benchKeeping(bench, session) : undefined;
    const shared = runs('sharing') ? await benchSharing(bench, session, together) : undefined;
    return {
      setting: `${size}, ${side} × ${side} pixels, ${steps} steps, ${rounds} rounds, on ${adapter?.name ?? ''}`,
      arms: [...(kept?.arms ?? []), ...(shared?.arms ?? [])],
      ratios: [...(kept?.ratios ?? []), ...(shared?.ratios ?? [])],
      whole: runs('whole') ? await benchWhole(bench) : [],
    };
  };
  const report = await command.unlessStopped(work());
  process.stdout.write(`${values.json === true ? JSON.stringify(report) : asMarkdown(report)}\n`);
});

async function benchKeeping(bench: Bench, session: Session): Promise<Figures> {
  const { size } = bench;
  const streamed = modeFor('streamed', size);
  const modes = new Map<string, Mode>([
    [STREAMED, streamed],
    [UNPREPARED, { ...streamed, stages: { ...streamed.stages, ahead: 0 } }],
    [PACKED, modeFor('packed', size)],
    [EXPANDED, modeFor('expanded', size)],
  ]);
  const arms = [...modes].map(([name, mode]): Arm => {
    const order = { ...orderOf(size, mode), ...(name === UNPREPARED && { sendAhead: false }) };
    return { name, orders: [order] };
  });
  const samples = await paintRounds(session, modelOf(bench), { arms, ...bench, log: bench.command.note });
  return {
    arms: reportArms(samples, modes),
    ratios: reportRatios(samples, [
      { what: 'streaming', arm: STREAMED, with: PACKED },
      { what: 'streaming', arm: STREAMED, with: EXPANDED },
      { what: 'sending ahead', arm: STREAMED, with: UNPREPARED },
      { what: 'widening, against no stream at all', arm: PACKED, with: EXPANDED },
    ]),
  };
}

async function benchSharing(bench: Bench, session: Session, count: number): Promise<Figures> {
  const { size } = bench;
  const mode = modeFor('streamed', { ...size, count });
  const [together, alone] = [`${count} together`, `${count} alone`];
  const seeds = Array.from({ length: count }, (_, seed) => seed);
  const arms: Arm[] = [
    { name: together, orders: [orderOf({ ...size, count }, mode)] },
    { name: alone, orders: seeds.map((seed) => ({ ...orderOf(size, mode), seed: BigInt(seed) })) },
  ];
  const modes = new Map(arms.map(({ name }) => [name, mode]));
  const samples = await paintRounds(session, modelOf(bench), { arms, ...bench, log: bench.command.note });
  return {
    arms: reportArms(samples, modes),
    ratios: reportRatios(samples, [{ what: 'sharing what is sent', arm: together, with: alone }]),
  };
}

/** Each in a browser of its own: what an earlier one left behind must not help or hinder. */
async function benchWhole(bench: Bench): Promise<MonolithRun[]> {
  const { folder, temporary, size } = bench;
  const model = modelOf(bench);
  const expanded = modeFor('expanded', size);
  const found: MonolithRun[] = [];
  for (const [keeping, backend, mode] of [
    [STREAMED, 'webgpu', modeFor('streamed', size)],
    [EXPANDED, 'webgpu', expanded],
    [EXPANDED, 'wasm', expanded],
  ] as const) {
    const name = `engine, ${backend}, ${keeping}`;
    const order = { ...orderOf(size, mode), backend };
    found.push(await paintOwn(await openPage(bench, name), model, { name, order }));
  }
  const target = path.join(temporary, 'monolith');
  for (const backend of ['webgpu', 'wasm'] as const) {
    const name = `one graph for each network, ${backend}`;
    const order = { name, backend, folder, target, side: size.side, steps: size.steps };
    found.push(await paintMonolith(await openPage(bench, name), order));
  }
  return found;
}

function openPage({ command, temporary }: Bench, name: string): Promise<Session> {
  return openSession(command, { profile: path.join(temporary, `profile of ${name}`), needsWebgpu: true });
}

function modelOf({ folder, command }: Bench): ResolvedModel {
  return resolveModel(folder, command.folder);
}

function orderOf({ side, steps, count }: BenchSize, { budgetBytes }: Mode): PictureOrder {
  return {
    ...{ prompt: 'a lighthouse', seed: 0n, steps, width: side, height: side, count },
    ...({ guidance: 'off', backend: 'webgpu', precision: 'f32', vae: 'full', dump: false } as const),
    // All weights stay in RAM: what is measured is the way from there.
    ...{ gpuBudgetBytes: budgetBytes, ramBudgetBytes: 2 ** 40 },
  };
}
