/**
 * @file Which model painted a picture, by what the picture says: the hash of its weights, where Emulsion wrote that (other
 * programs have hashes of their own); else its name, which several models may have.
 */
import { writtenModelName } from '../../image/parameters.ts';
import type { PictureSettings } from './picture-settings.ts';

/** What a picture says of its model. */
export type PictureModel = Pick<PictureSettings, 'model' | 'modelHash' | 'hasOurHash'>;

/** A model as far as pictures tell it from others. */
interface NamedModel {
  readonly name: string;
  /** Absent where it is not known. */
  readonly hash: string | undefined;
}

/** Whether a picture may be of a model: where both hashes are known, they alone tell. */
export function isOfModel(picture: PictureModel, model: NamedModel): boolean {
  const hash = ourHash(picture);
  return hash === undefined || model.hash === undefined ? isNamed(picture, model) : model.hash === hash;
}

/** The one of several models that a picture is of; `undefined` where there is none, or no telling which. */
export function modelOf<T extends NamedModel>(picture: PictureModel, models: readonly T[]): T | undefined {
  const hash = ourHash(picture);
  const same = hash === undefined ? [] : models.filter((model) => model.hash === hash);
  // The same weights may be there under several names.
  if (same.length > 0) return same.find((model) => isNamed(picture, model)) ?? same[0];
  const [first, ...others] = models.filter((model) => isOfModel(picture, model));
  return others.length === 0 ? first : undefined;
}

function ourHash({ modelHash, hasOurHash }: PictureModel): string | undefined {
  return hasOurHash ? modelHash : undefined;
}

function isNamed({ model }: PictureModel, { name }: NamedModel): boolean {
  return model === writtenModelName(name);
}
