import { expect, it } from 'vitest';
import { writeSafetensors } from '../../weights/safetensors.ts';
import { sortDropped } from './lora-drop.ts';

const weights = (name: string, tensor: string) =>
  new File([writeSafetensors({ [tensor]: { shape: [1], data: Float32Array.of(1) } })], name);
const LORA = weights('folder/adapter_model.safetensors', 'base_model.model.a.lora_A.weight');
const MODEL = weights('model.safetensors', 'model.diffusion_model.out.2.weight');

it('tells LoRAs with their configs from models and pictures', async () => {
  const config = new File(['{}'], 'folder/adapter_config.json');
  const lone = new File(['{}'], 'lora_config.json');
  const loha = weights('loha.safetensors', 'lora_unet_x.hada_w1_a');
  const picture = new File([], 'a.PNG');
  expect(await sortDropped([config, LORA, lone, loha])).toEqual({
    kind: 'loras',
    loras: [
      { name: 'folder', weights: LORA, config: { name: 'adapter_config.json', text: '{}' } },
      { name: 'loha', weights: loha, config: { name: 'lora_config.json', text: '{}' } },
    ],
  });
  expect(await sortDropped([picture])).toEqual({ kind: 'picture', file: picture });
  expect(await sortDropped([MODEL])).toMatchObject({ kind: 'model' });
  expect(await sortDropped([LORA, MODEL])).toMatchObject({ kind: 'model' });
  expect(await sortDropped([new File(['x'], 'broken.safetensors')])).toMatchObject({ kind: 'model' });
  expect(await sortDropped([LORA, new File(['{}'], 'folder/model_index.json')])).toMatchObject({
    kind: 'model',
  });
});
