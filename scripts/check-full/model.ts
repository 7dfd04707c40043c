/** @file Which model is painted: the one whose evaluation was recorded, or nothing. */
import { statSync } from 'node:fs';
import path from 'node:path';
import { resolveModel, type ResolvedModel } from '../headless/model.ts';
import { UsageError } from '../headless/words.ts';
import { isFullUnet } from './record.ts';

/**
 * @param model a checkpoint of size full, as typed; the UNet of a folder is compared with the recorded one
 * @param text the folder whose text encoders take the place of its own, as typed
 * @param cwd where relative paths start
 * @throws UsageError when it is not what was recorded; AppError as `resolveModel`
 */
export async function modelToCheck(
  model: string,
  text: string | undefined,
  cwd: string,
): Promise<ResolvedModel> {
  if (text !== undefined && !isFolder(path.resolve(cwd, text)))
    throw new UsageError(`--text takes a folder in the diffusers layout, and "${text}" is none`);
  const full = path.resolve(cwd, model);
  const resolved = resolveModel(
    full,
    cwd,
    text === undefined ? {} : { text_encoder: text, text_encoder_2: text },
  );
  if (isFolder(full) && !(await isFullUnet(full)))
    throw new UsageError(`the UNet in ${full} is not that of make-checkpoint's size full with seed 0`);
  return resolved;
}

function isFolder(place: string): boolean {
  return statSync(place, { throwIfNoEntry: false })?.isDirectory() === true;
}
