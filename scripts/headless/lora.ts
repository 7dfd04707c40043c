/** @file What a LoRA on the command line means, and what the page says of it. */
import { statSync } from 'node:fs';
import path from 'node:path';
import { randomUUID } from 'node:crypto';
import type { LoraOrder, TrialSettings } from '../../src/engine/protocol/lora-desk.ts';
import type { LoraReference } from '../../src/engine/protocol/lora.ts';
import { LORA_CONFIGS } from '../../src/lora/config-names.ts';
import type { PlainError } from '../../src/error.ts';
import type { LoraTrial, PictureFigures, TestPair } from '../../src/lora/trial-report.ts';
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
  /** As soon as it is known, before ‖ΔW‖/‖W‖ is measured. */
  readonly onVerdict?: (verdict: LoraVerdict) => void;
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
    readonly found: readonly PageFinding[];
  }[];
};
/** Of a picture: its figures, or why it did not come out. */
type PageFinding = { readonly figures: PictureFigures } | { readonly failure: PlainError };
type PageCheck = Omit<CheckedLora, 'file' | 'trial'> & { readonly trial?: PageTrial | null };

interface PageOrder extends LoraOrder {
  readonly wishes: Omit<CheckWishes, 'onProgress' | 'onVerdict'>;
  /** Address that the bytes are posted under. */
  readonly results: string;
}

/** Looks at a LoRA beside a model. @throws AppError whatever is wrong with reading either, or with painting */
export async function checkLoraInPage(
  session: Session,
  lora: ResolvedLora,
  model: ResolvedModel,
  { onProgress, onVerdict, ...wishes }: CheckWishes,
): Promise<CheckedLora> {
  session.serve(lora.folders);
  const results = `/results/${randomUUID()}`;
  const order: PageOrder = {
    ...{ lora: lora.reference, model: await modelInPage(session, model) },
    ...{ wishes, results },
  };
  const { trial, ...found } = await session.call(check, order, (event) => {
    if (event.kind === 'trial') onProgress?.(event.done, event.total);
    if (event.kind === 'verdict') onVerdict?.(event.verdict);
  });
  const file = session.take(`${results}/file`);
  if (!trial) return { ...found, file, ...(trial === null && { trial }) };
  const pairs = trial.pairs.map(({ seed, found: findings }, i): TestPair => {
    const [plain, adapted] = findings.map((finding, j) =>
      'failure' in finding ? finding : { ...finding, png: session.take(`${results}/${i}/${j}`) },
    ) as [TestPair['plain'], TestPair['adapted']];
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
    const tried = bytes
      ? { kind: 'files' as const, files: [new File([bytes], 'repaired.safetensors')] }
      : lora;
    const first = repaired?.verdict ?? (await emulsion.lora.inspect({ lora, model }, {}));
    await emulsionTell({ kind: 'verdict', verdict: first });
    const measured = await emulsion.lora.measure({ lora: tried, model }, {});
    // A repair in vain has reasons that the file alone does not show: too little would be left of it.
    const verdict = { ...measured, admitted: first.admitted, reasons: first.reasons };
    if (!wishes.trial || !verdict.admitted)
      return { verdict, ...repairs, ...(wishes.trial && { trial: null }) };
    const { trial } = await emulsion.lora.check(
      { ...wishes.trial, lora: tried, model },
      { onProgress: (done, total) => void emulsionTell({ kind: 'trial', done, total }) },
    );
    if (!trial) return { verdict, ...repairs, trial };
    const pairs = [];
    for (const [i, { seed, plain, adapted }] of trial.pairs.entries()) {
      const found: PageFinding[] = [];
      for (const [j, picture] of [plain, adapted].entries()) {
        if ('failure' in picture) found.push(picture);
        else {
          await post(`${results}/${i}/${j}`, picture.png);
          found.push({ figures: picture.figures });
        }
      }
      pairs.push({ seed, found });
    }
    return { verdict, ...repairs, trial: { ...trial, pairs } };
  };
  return emulsionAnswer(work());
}
