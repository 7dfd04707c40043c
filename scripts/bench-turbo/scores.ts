/**
 * @file Whether the pictures show what they were asked for, as the embedded model's own evaluation sees it
 * (`training/evaluate.py`, in Python). Where that cannot run there are no scores, and the report says so.
 */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PROJECT } from '../build.ts';
import { runChild } from '../child.ts';
import type { ListedPrompt } from '../headless/prompts.ts';

/** Shares of pictures, 0…1; `null` where no picture asks for that. */
export interface Scores {
  readonly object: number;
  readonly colour: number | null;
  readonly background: number;
  /** Signal to noise against the art that the prompt describes, decibels. */
  readonly psnr: number;
  readonly pictures: number;
}

/** By arm; or why there are none, and what would help. */
export type Judgement = { readonly scores: ReadonlyMap<string, Scores> } | { readonly missing: string };

/** Pictures of an arm that say what they have to show. */
interface JudgedArm {
  readonly folder: string;
  readonly pictures: readonly (ListedPrompt & { readonly file: string })[];
}

const COMMAND = 'python3 training/evaluate.py judge';
/** The evaluation's first run renders thousands of training pictures before it prints anything. */
const SILENCE_MS = 3_600_000;

/** Judges arms, each by its folder's name. */
export async function judge(arms: readonly JudgedArm[], log: (line: string) => void): Promise<Judgement> {
  if (arms.some(({ pictures }) => pictures.some(({ scene }) => scene === undefined)))
    return { missing: 'The prompts do not say what the pictures have to show ("scene").' };
  for (const { folder, pictures } of arms) {
    const scenes = pictures.map(({ file, prompt, language = '', scene }) => ({
      file,
      prompt,
      language,
      scene,
    }));
    await writeFile(path.join(folder, 'scenes.json'), JSON.stringify(scenes));
  }
  const folders = arms.map(({ folder }) => folder);
  log(`scores: ${COMMAND} ${folders.map((folder) => path.basename(folder)).join(' ')}`);
  let printed = '';
  let complaints = '';
  const options = {
    cwd: PROJECT,
    silenceMs: SILENCE_MS,
    output: (chunk: Buffer) => void (printed += chunk.toString()),
    errorOutput: (chunk: Buffer) => void (complaints += chunk.toString()),
  };
  const code = await runChild('python3', ['training/evaluate.py', 'judge', ...folders], options);
  if (code !== 0) {
    const last = complaints.trim().split('\n').at(-1) ?? '';
    const remedy = `Install what training/README.md names (npm install --prefix training; pip install -r training/requirements.txt), and run this again: the pictures are kept.`;
    return { missing: `${COMMAND} did not run${last === '' ? '' : ` (${last})`}. ${remedy}` };
  }
  try {
    return { scores: new Map(Object.entries(JSON.parse(printed) as Record<string, Scores>)) };
  } catch {
    return { missing: `${COMMAND} did not answer with JSON.` };
  }
}

/** For each picture of a folder that was judged, what was right: object, colour (where one was asked for), background. */
export async function readVerdicts(folder: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const file = path.join(folder, 'verdicts.json');
  const verdicts = JSON.parse(await readFile(file, 'utf8')) as {
    file: string;
    scene: { object: string; colour: string | null; background: string };
    looksLike: string;
    colour: string | null;
    background: string;
  }[];
  return new Map(
    verdicts.map(({ file: name, scene, looksLike, colour, background }) => [
      name,
      [
        ...(looksLike === scene.object ? [] : [`looks like: ${looksLike}`]),
        ...(scene.colour === null || colour === scene.colour ? [] : [`colour: ${colour ?? 'none'}`]),
        ...(background === scene.background ? [] : [`background: ${background}`]),
      ],
    ]),
  );
}
