/**
 * @file `npm run bench:page`: how quick and how still the page is on a laptop of the middle range. Every round is a first
 * visit in a browser that has never seen the site, compressed as hosts send it; the times are those of the page's clock.
 */
import { lighthouse, type Scores } from './bench-page/lighthouse.ts';
import type { Task } from './bench-page/tasks.ts';
import { visit, type Span, type Visit } from './bench-page/visit.ts';
import { ensureBuilt } from './build.ts';
import { runWithFlags } from './headless/command.ts';
import { freshVisit } from './headless/fresh-visit.ts';
import { readChoice, readInteger } from './headless/words.ts';
import { spreadOf } from './statistics.ts';
import { alignColumns } from './table.ts';

/** When the browser calls a task long. */
const LONG_MS = 50;

const USAGE = `Usage: npm run bench:page -- [--rounds N] [--slow-down N] [--backend wasm|webgpu|auto] [--lighthouse]

Visits the built site N times (default 3), each time in a new browser profile, on a main thread that is slowed down
(default 4 times), and paints two pictures with the embedded model: one on the empty stage, one over the first.

  interactive       a prompt was typed with the keyboard and the page took the order for it; a model that is not open yet
                    is waited for
  model open        "Generate" is enabled
  tasks             of the main thread, by the clock, and what they take of the processor, which does not count what else
                    the machine does meanwhile; "blocking" is the sum of what each takes over ${LONG_MS} ms by the clock
  layout shifts     the sum of what parts of the page moved by themselves, also within half a second of a key or a click,
                    which Cumulative Layout Shift leaves out

The first visit, which has the server compress what it sends, is not counted. With --lighthouse, Lighthouse 12 is fetched
with npx and visits the site as a phone and as a desktop. The exit code is 1 where a bar does not hold.
`;

const TEXT = { type: 'string' } as const;
const FLAGS = { rounds: TEXT, 'slow-down': TEXT, backend: TEXT, lighthouse: { type: 'boolean' } } as const;

/** A row of the table. */
interface Measure {
  readonly name: string;
  readonly unit: string;
  readonly of: (visit: Visit) => number;
  readonly digits?: number;
  /** What the median has to stay within. */
  readonly most?: number;
}

const SCORE_BAR = 95;
/** The browser's own share: a number that grows by a digit, or text that is smoothed in another way. */
const STILL = 0.01;
const task = (name: string) => ({ name, unit: 'ms', digits: 0 });
const seconds = (ms: number): number => ms / 1000;
const longest = (time: keyof Task, ...spans: readonly Span[]): number =>
  Math.max(...spans.flatMap(({ tasks }) => tasks.map((task) => task[time])));
const blocking = ({ tasks }: Span): number =>
  tasks.reduce((sum, { ms }) => sum + Math.max(0, ms - LONG_MS), 0);
const moved = ({ shifts }: Span): number => shifts.reduce((sum, { value }) => sum + value, 0);

const MEASURES: readonly Measure[] = [
  { name: 'first contentful paint', unit: 's', of: ({ loading }) => seconds(loading.firstPaint) },
  { name: 'largest contentful paint', unit: 's', of: ({ loading }) => seconds(loading.largestPaint) },
  { name: 'interactive', unit: 's', of: ({ interactive }) => seconds(interactive), most: 2 },
  { name: 'model open', unit: 's', of: ({ enabled }) => seconds(enabled) },
  { name: 'blocking while loading', unit: 'ms', of: ({ loading }) => blocking(loading), digits: 0 },
  { ...task('longest task while loading'), of: ({ loading }) => longest('ms', loading) },
  { ...task('  of the processor'), of: ({ loading }) => longest('processorMs', loading) },
  { name: 'layout shifts while loading', unit: '', of: ({ loading }) => moved(loading), digits: 4 },
  { ...task('longest task while painting'), of: ({ first, next }) => longest('ms', first, next) },
  {
    ...{ ...task('  of the processor'), most: LONG_MS },
    of: ({ first, next }) => longest('processorMs', first, next),
  },
  { name: 'layout shifts, first picture', unit: '', of: ({ first }) => moved(first), digits: 4, most: STILL },
  { name: 'layout shifts, next picture', unit: '', of: ({ next }) => moved(next), digits: 4, most: STILL },
];

await runWithFlags(USAGE, FLAGS, async (command, values) => {
  const rounds = readInteger('rounds', values.rounds) ?? 3;
  const slowDown = readInteger('slow-down', values['slow-down']) ?? 4;
  const backend = readChoice('backend', values.backend, ['wasm', 'webgpu', 'auto']) ?? 'wasm';

  await ensureBuilt(command.note);
  const visits: Visit[] = [];
  for (let round = 0; round <= rounds; round++) {
    const options = { needsWebgpu: backend === 'webgpu', compress: true };
    const visited = freshVisit(command, options, (page) => visit(page, slowDown, backend));
    visits.push(await command.unlessStopped(visited));
  }
  const counted = visits.slice(1);
  for (const line of whatMoved(counted.at(-1))) command.note(line);

  const rows = MEASURES.map(({ name, unit, of, digits = 2, most }) => {
    const spread = spreadOf(counted.map(of));
    const show = (value: number): string => value.toFixed(digits);
    const holds = most === undefined || spread.median <= most;
    command.holds &&= holds;
    return [
      ...[name, unit, show(spread.median), `${show(spread.least)}–${show(spread.most)}`],
      ...[most === undefined ? '' : `≤ ${most}`, holds ? '' : 'FAILS'],
    ];
  });
  const head = [`${slowDown}× slower, ${backend}`, '', 'median', 'least–most', 'bar', ''];
  process.stdout.write(`${alignColumns([head, ...rows]).join('\n')}\n`);

  if (values.lighthouse !== true) return;
  const reports: Scores[] = [];
  for (const preset of ['mobile', 'desktop'] as const)
    reports.push(await command.unlessStopped(lighthouse(command, preset)));
  process.stdout.write(`\n${alignColumns(scoreRows(reports)).join('\n')}\n`);
  for (const { preset, findings } of reports)
    for (const finding of findings) command.note(`${preset}: ${finding}`);
  command.holds &&= reports.every(({ scores }) => Object.values(scores).every((score) => score >= SCORE_BAR));
});

function whatMoved(visited: Visit | undefined): string[] {
  if (!visited) return [];
  const { loading, first, next } = visited;
  return Object.entries({ loading, first, next }).flatMap(([when, { shifts }]) =>
    shifts.map(
      ({ at, value, moved: parts }) =>
        `${when}, ${seconds(at).toFixed(1)} s, ${value.toFixed(4)}: ${parts.join('; ')}`,
    ),
  );
}

function scoreRows(reports: readonly Scores[]): string[][] {
  const categories = Object.keys(reports[0]?.scores ?? {});
  const head = ['Lighthouse', ...reports.map(({ preset }) => preset), 'bar'];
  const rows = categories.map((name) => [
    name,
    ...reports.map(({ scores }) => String(scores[name])),
    `≥ ${SCORE_BAR}`,
  ]);
  return [head, ...rows];
}
