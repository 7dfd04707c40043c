/** @file What a LoRA on the command line means, and what the page says of it. */
import { statSync } from 'node:fs';
import path from 'node:path';
import { randomUUID } from 'node:crypto';
import type { AdaptOrder, LoraOrder, LoraReference } from '../../src/engine/protocol/lora.ts';
import { LORA_CONFIGS } from '../../src/lora/config-names.ts';
import { modelAddress } from '../../src/weights/model-address.ts';
import { localAddress, servedPath, type ResolvedModel } from './model.ts';
import { modelInPage } from './model-in-page.ts';
import type { PageGlobals, Session } from './session.ts';
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

/** Whether a LoRA may be used with a model. @throws AppError whatever is wrong with reading either */
export async function inspectLoraInPage(session: Session, lora: ResolvedLora, model: ResolvedModel) {
  return session.call(
    (one: LoraOrder) => {
      const { emulsion, emulsionAnswer } = globalThis as unknown as PageGlobals;
      return emulsionAnswer(emulsion.lora.inspect(one, {}));
    },
    await orderInPage(session, lora, model),
  );
}

/** A LoRA repaired for a model; `file` is empty where it cannot be. @throws AppError as {@link inspectLoraInPage} */
export async function adaptLoraInPage(
  session: Session,
  lora: ResolvedLora,
  model: ResolvedModel,
  scale: AdaptOrder['scale'],
) {
  const order = { ...(await orderInPage(session, lora, model)), scale };
  const address = `/results/${randomUUID()}`;
  const { repairs, verdict } = await session.call(
    ([one, results]: readonly [AdaptOrder, string]) => {
      const { emulsion, emulsionAnswer } = globalThis as unknown as PageGlobals;
      const work = async () => {
        const { file, ...rest } = await emulsion.lora.adapt(one, {});
        await fetch(results, { method: 'POST', body: file ?? new Uint8Array() });
        return rest;
      };
      return emulsionAnswer(work());
    },
    [order, address] as const,
  );
  return { repairs, verdict, file: session.take(address) };
}

async function orderInPage(session: Session, lora: ResolvedLora, model: ResolvedModel): Promise<LoraOrder> {
  session.serve(lora.folders);
  return { lora: lora.reference, model: await modelInPage(session, model) };
}
