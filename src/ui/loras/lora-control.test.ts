import { expect, it, vi } from 'vitest';
import type { Engine } from '../../engine/protocol/engine.ts';
import { writeSafetensors } from '../../weights/safetensors.ts';
import { LoraControl } from './lora-control.ts';
import type { PictureSettings } from '../settings/picture-settings.ts';

const SETTINGS: Pick<PictureSettings, 'prompt' | 'loraHashes'> = { prompt: '', loraHashes: new Map() };

/** A shelf with `a` and `b`, which lasts for the visit: there is no database here. */
async function begin() {
  const page = { prompt: '' };
  const host = { addController: vi.fn(), removeController: vi.fn(), requestUpdate: vi.fn() };
  const control = new LoraControl(
    { ...host, updateComplete: Promise.resolve(true) },
    {
      engine: () => ({}) as Engine,
      model: () => undefined,
      editPrompt: (edit) => (page.prompt = edit(page.prompt)),
    },
  );
  const given = (name: string, value: number) => ({
    name,
    weights: new Blob([writeSafetensors({ lora: { shape: [1], data: Float32Array.of(value) } })]),
    config: undefined,
  });
  await control.add([given('b', 2), given('a', 1)]);
  const state = () =>
    control.shelf.state.entries.map(({ name, isOn, weight }) => `${name} ${isOn ? weight : 'off'}`);
  const id = (name: string) => control.shelf.state.entries.find((entry) => entry.name === name)?.id ?? '';
  return { control, page, state, id };
}

it('lets a tag switch its LoRA on for as long as it stands in the prompt', async () => {
  const { control, state, id } = await begin();
  control.change(id('b'), { isOn: true });
  const { prompt, loras, notices } = control.order('x <lora:a:0.5> <lora:b:2> <lora:c:1>');
  expect(prompt).toBe('x');
  expect(loras.map(({ weight }) => weight)).toEqual([0.5, 2]);
  expect(notices).toEqual([{ kind: 'loras-unknown', names: ['c'] }]);
  expect(state()).toEqual(['a 0.5', 'b 2']);
  // Asked for twice in a row, it is still there because of the prompt; the other was on without it.
  control.order('x <lora:a:0.7> <lora:b:2>');
  expect(control.order('x').loras).toHaveLength(1);
  expect(state()).toEqual(['a off', 'b 2']);
});

it('keeps tags in step with slider, switch and shelf', async () => {
  const { control, page, id } = await begin();
  control.insertTag(id('a'));
  control.insertWords('w0rd');
  expect(page.prompt).toBe('<lora:a:1>, w0rd');
  control.change(id('a'), { weight: -0.5 });
  expect(page.prompt).toBe('<lora:a:-0.5>, w0rd');
  control.insertTag(id('a'));
  expect(page.prompt).toBe('w0rd <lora:a:-0.5>');
  await control.remove(id('a'));
  expect(page.prompt).toBe('w0rd');
});

it('keeps the tag of a LoRA that is off at the weight of its slider', async () => {
  const { control, page, id } = await begin();
  page.prompt = 'x <lora:A:0.8>';
  control.change(id('a'), { weight: 0.5 });
  expect(page.prompt).toBe('x <lora:A:0.5>');
  control.change(id('a'), { isOn: true });
  expect(page.prompt).toBe('x <lora:A:0.5>');
  control.change(id('a'), { isOn: false });
  expect(page.prompt).toBe('x');
});

it('removes the tags of a LoRA by whatever name', async () => {
  const { control, page, id } = await begin();
  page.prompt = 'x <lora:A:0.8> <lora:b:1>';
  await control.remove(id('a'));
  expect(page.prompt).toBe('x <lora:b:1>');
});

it('switches what was put into the prompt off when its tag is deleted', async () => {
  const { control, state, id } = await begin();
  control.insertTag(id('a'));
  expect(control.order('<lora:a:1>').loras).toHaveLength(1);
  expect(control.order('').loras).toEqual([]);
  control.insertTag(id('a'));
  expect(control.order('').loras).toEqual([]);
  expect(state()).toEqual(['a off', 'b off']);
  // What was on by its switch stays, also where that came after the tag.
  control.change(id('b'), { isOn: true });
  control.insertTag(id('b'));
  control.insertTag(id('a'));
  control.change(id('a'), { isOn: false });
  control.change(id('a'), { isOn: true });
  expect(control.order('').loras).toHaveLength(2);
});

it('says so where a file that is there comes with another config', async () => {
  const { control, id } = await begin();
  const weights = control.shelf.find(id('a'))?.file ?? new Blob();
  const config = { name: 'adapter_config.json', text: '{"lora_alpha":4}' };
  await control.add([{ name: 'b', weights, config }]);
  expect(control.outcome).toEqual({ kind: 'updated', name: 'a' });
  await control.add([{ name: 'b', weights, config }]);
  expect(control.outcome).toEqual({ kind: 'known', name: 'a' });
});

it('makes the shelf what it was for a picture', async () => {
  const { control, state, id } = await begin();
  control.change(id('a'), { isOn: true });
  const hash = control.shelf.find(id('b'))?.hash.slice(0, 12) ?? '';
  const restored = control.restore({
    ...SETTINGS,
    prompt: 'x <lora:renamed:0.25> <lora:gone:1>',
    loraHashes: new Map([['renamed', hash]]),
  });
  expect(restored.prompt).toBe('x <lora:gone:1>');
  expect(restored.notices).toEqual([{ kind: 'loras-missing', names: ['gone'] }]);
  expect(state()).toEqual(['b 0.25', 'a off']);
});
