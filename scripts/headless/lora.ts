/** @file What a LoRA on the command line means, and what the page says of it. */
import { statSync } from 'node:fs';
import path from 'node:path';
import { randomUUID } from 'node:crypto';
import type { LoraOrder, TrialSettings } from '../../src/engine/protocol/lora-desk.ts';
import type { LoraReference } from '../../src/engine/protocol/lora.ts';
import { LORA_CONFIGS } from '../../src/lora/config-names.ts';
import type { LoraTrial, TestPair } from '../../src/lora/trial-report.ts';
import type { LoraRepair, LoraVerdict, ScaleRepair } from '../../src/lora/verdict.ts';
import { modelAddress } from '../../src/weights/model-address.ts';
import { localAddress, servedPath, type ResolvedModel } from './model.ts';
import { modelInPage } from './model-in-page.ts';
import type { PageAnswer, PageGlobals, Session } from './session.ts';
import { UsageError } from './words.ts';

export interface ResolvedLora {
  readonly reference: LoraReference;
  /** What the site has to serve for it, by address. */
  readonly folders: Readonly<Record<string, string>>;
}

/**
 * @param place as typed: an address, or a file on disk
 * @param cwd where a relative path starts
 * @throws UsageError where there is no such file
 */
export function resolveLora(place: string, cwd: string): ResolvedLora {
  if (/^https?:\/\//i.test(place)) {
    const url = modelAddress(place);
    if (url === undefined) throw new UsageError(`"${place}" is no address`);
    return { reference: { kind: 'url', url }, folders: {} };
  }
  const file = path.resolve(cwd, place);
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true)
    throw new UsageError(`there is no file "${place}"`);
  const served = [file, ...LORA_CONFIGS.map((name) => path.join(path.dirname(file), name))];
  return {
    reference: { kind: 'url', url: localAddress(file) },
    folders: Object.fromEntries(served.map((name) => [servedPath(name), name])),
  };
}

/** What is wanted to be known of a LoRA. */
export interface CheckWishes {
  /** Repairs it first, and what becomes of a scale above the limit then. */
  readonly repair?: ScaleRepair;
  /** Tries it out, where it is admitted. */
  readonly trial?: { readonly weight: number; readonly prompt?: string; readonly settings: TrialSettings };
  readonly onProgress?: (done: number, total: number) => void;
}

export interface CheckedLora {
  readonly verdict: LoraVerdict;
  /** Absent where no repair was wanted. */
  readonly repairs?: readonly LoraRepair[];
  /** The repaired file; empty where there is none. */
  readonly file: Uint8Array;
  /** `null` where the LoRA is refused; absent where no trial was wanted. */
  readonly trial?: LoraTrial | null;
}

/** A trial without the bytes of its pictures, which are posted. */
type PageTrial = Omit<LoraTrial, 'pairs'> & {
  readonly pairs: readonly {
    readonly seed: bigint;
    readonly figures: readonly TestPair['plain']['figures'][];
  }[];
};
type PageCheck = Omit<CheckedLora, 'file' | 'trial'> & { readonly trial?: PageTrial | null };

interface PageOrder extends LoraOrder {
  readonly wishes: Omit<CheckWishes, 'onProgress'>;
  /** Address that the bytes are posted under. */
  readonly results: string;
}

/** Looks at a LoRA beside a model. @throws AppError whatever is wrong with reading either, or with painting */
export async function checkLoraInPage(
  session: Session,
  lora: ResolvedLora,
  model: ResolvedModel,
  { onProgress, ...wishes }: CheckWishes,
): Promise<CheckedLora> {
  session.serve(lora.folders);
  const results = `/results/${randomUUID()}`;
  const order: PageOrder = {
    ...{ lora: lora.reference, model: await modelInPage(session, model) },
    ...{ wishes, results },
  };
  const { trial, ...found } = await session.call(check, order, (event) => {
    if (event.kind === 'trial') onProgress?.(event.done, event.total);
  });
  const file = session.take(`${results}/file`);
  if (!trial) return { ...found, file, ...(trial === null && { trial }) };
  const pairs = trial.pairs.map(({ seed, figures }, i): TestPair => {
    const [plain, adapted] = ['plain', 'adapted'].map((which, j) => ({
      png: session.take(`${results}/${i}/${which}`),
      figures: figures[j] as TestPair['plain']['figures'],
    })) as [TestPair['plain'], TestPair['adapted']];
    return { seed, plain, adapted };
  });
  return { ...found, file, trial: { ...trial, pairs } };
}

/** Runs inside the page; it can use nothing of this file but types. */
function check({ lora, model, wishes, results }: PageOrder): Promise<PageAnswer<PageCheck>> {
  const { emulsion, emulsionTell, emulsionAnswer } = globalThis as unknown as PageGlobals;
  const post = async (address: string, body: Uint8Array): Promise<void> => {
    await fetch(address, { method: 'POST', body: body as Uint8Array<ArrayBuffer> });
  };
  const work = async (): Promise<PageCheck> => {
    const repaired = wishes.repair && (await emulsion.lora.adapt({ lora, model, scale: wishes.repair }, {}));
    const bytes = repaired?.file;
    await post(`${results}/file`, bytes ?? new Uint8Array());
    const repairs = repaired && { repairs: repaired.repairs };
    if (!wishes.trial || (repaired && !repaired.verdict.admitted)) {
      const verdict = repaired?.verdict ?? (await emulsion.lora.inspect({ lora, model }, {}));
      return { verdict, ...repairs, ...(wishes.trial && { trial: null }) };
    }
    const tried = bytes
      ? { kind: 'files' as const, files: [new File([bytes], 'repaired.safetensors')] }
      : lora;
    const { verdict, trial } = await emulsion.lora.check(
      { ...wishes.trial, lora: tried, model },
      { onProgress: (done, total) => void emulsionTell({ kind: 'trial', done, total }) },
    );
    if (!trial) return { verdict, ...repairs, trial };
    const pairs = [];
    for (const [i, { seed, plain, adapted }] of trial.pairs.entries()) {
      await post(`${results}/${i}/plain`, plain.png);
      await post(`${results}/${i}/adapted`, adapted.png);
      pairs.push({ seed, figures: [plain.figures, adapted.figures] });
    }
    return { verdict, ...repairs, trial: { ...trial, pairs } };
  };
  return emulsionAnswer(work());
}
