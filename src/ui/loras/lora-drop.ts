/** @file What files are that were dropped or picked: a picture with its settings, an archive of pictures, LoRAs, or a model. */
import { LORA_CONFIGS } from '../../lora/config-names.ts';
import { loraName } from '../../lora/lora-name.ts';
import type { GivenLora } from '../../store/lora-shelf.ts';
import { blobFile } from '../../weights/blob-file.ts';
import { readSafetensorsHeader } from '../../weights/safetensors.ts';

export type Dropped =
  | { readonly kind: 'picture'; readonly file: File }
  /** Of pictures. */
  | { readonly kind: 'archive' }
  | { readonly kind: 'loras'; readonly loras: readonly GivenLora[] }
  | { readonly kind: 'model'; readonly files: readonly File[] };

/** Names that tensors of adapters have, of whatever kind, and those of models never. */
const ADAPTER = /lora|hada_|lokr_|oft_|ia3_|glora|dora_scale|\.diff(_b)?$/i;

export async function sortDropped(files: readonly File[]): Promise<Dropped> {
  const picture = files.find(({ name, type }) => type === 'image/png' || /\.png$/i.test(name));
  const weights = files.filter(isWeights);
  if (picture && weights.length === 0) return { kind: 'picture', file: picture };
  if (weights.length === 0 && files.some(({ name }) => /\.zip$/i.test(name))) return { kind: 'archive' };
  const isModel = files.some(({ name }) => name.endsWith('model_index.json'));
  if (isModel || weights.length === 0) return { kind: 'model', files };
  for (const file of weights) if (!(await isAdapter(file))) return { kind: 'model', files };
  return { kind: 'loras', loras: await givenLoras(files) };
}

/** Every weight file, with the config that lies in its folder. */
export function givenLoras(files: readonly File[]): Promise<GivenLora[]> {
  return Promise.all(
    files.filter(isWeights).map(async (weights) => {
      const folder = weights.name.slice(0, weights.name.lastIndexOf('/') + 1);
      const config = LORA_CONFIGS.map((name) => files.find((file) => file.name === folder + name)).find(
        Boolean,
      );
      return {
        name: loraName(weights.name),
        weights,
        config: config && { name: config.name.slice(folder.length), text: await config.text() },
      };
    }),
  );
}

function isWeights({ name }: File): boolean {
  return /\.safetensors$/i.test(name);
}

/** A file that cannot be read is for the models to explain. */
async function isAdapter(file: File): Promise<boolean> {
  try {
    const { tensors } = await readSafetensorsHeader(blobFile(file.name, file));
    return [...tensors.keys()].some((name) => ADAPTER.test(name));
  } catch {
    return false;
  }
}
