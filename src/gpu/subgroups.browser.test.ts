import { describe, expect, it } from 'vitest';
import { requestAdapter } from './device.ts';
import { testSubgroups } from './subgroups.ts';

async function adapterHere(): Promise<GPUAdapter> {
  const { adapter } = await requestAdapter();
  if (!adapter) throw new Error('the test browser has no WebGPU');
  return adapter;
}

/** An adapter whose devices come from elsewhere. */
function opening(adapter: GPUAdapter, open: GPUAdapter['requestDevice']): GPUAdapter {
  return new Proxy(adapter, {
    get: (target, name) => (name === 'requestDevice' ? open : (Reflect.get(target, name, target) as unknown)),
  });
}

/** An adapter whose shaders are changed on their way to the device. */
function meddled(adapter: GPUAdapter, change: (code: string) => string): GPUAdapter {
  return opening(adapter, async (descriptor) => {
    const device = await adapter.requestDevice(descriptor);
    const create = device.createShaderModule.bind(device);
    device.createShaderModule = ({ code }) => create({ code: change(code) });
    return device;
  });
}

describe('the self-test of subgroups', () => {
  it('runs on the device here and finds what the adapter says of it', async () => {
    const adapter = await adapterHere();
    const report = await testSubgroups(adapter);
    if (!adapter.features.has('subgroups')) {
      expect(report).toEqual({ result: 'absent', size: null, wrong: [], reason: null });
      return;
    }
    expect(['right', 'wrong']).toContain(report.result);
    const { subgroupMinSize, subgroupMaxSize } = adapter.info;
    expect(report.size).toBeGreaterThanOrEqual(subgroupMinSize);
    expect(report.size).toBeLessThanOrEqual(subgroupMaxSize);
    // SwiftShader's own operations are right; it is ONNX Runtime's attention that is not, with so small subgroups.
    if (adapter.info.architecture === 'swiftshader') expect(report.result).toBe('right');
  });

  it('notices a device that computes something else', async () => {
    const adapter = meddled(await adapterHere(), (code) =>
      code.replace('subgroupExclusiveAdd(value)', 'subgroupInclusiveAdd(value)'),
    );
    if (!adapter.features.has('subgroups')) return;
    expect(await testSubgroups(adapter)).toMatchObject({ result: 'wrong', wrong: ['subgroupExclusiveAdd'] });
  });

  it('ends when the device does not come or does not answer, and keeps no device', async () => {
    const adapter = await adapterHere();
    if (!adapter.features.has('subgroups')) return;
    let deliver: (device: GPUDevice) => void = () => undefined;
    const late = new Promise<GPUDevice>((resolve) => (deliver = resolve));
    const silent = await adapter.requestDevice();
    silent.popErrorScope = () => new Promise(() => undefined);
    const failure = {
      result: 'failed',
      size: null,
      wrong: [],
      reason: 'the GPU did not answer within 0.02 s',
    };
    for (const coming of [late, Promise.resolve(silent)]) {
      expect(
        await testSubgroups(
          opening(adapter, () => coming),
          20,
        ),
      ).toEqual(failure);
    }
    expect(await silent.lost).toMatchObject({ reason: 'destroyed' });
    deliver(await (await adapterHere()).requestDevice());
    expect(await (await late).lost).toMatchObject({ reason: 'destroyed' });
  });

  it('says why it could not be run', async () => {
    const adapter = meddled(await adapterHere(), () => 'this is no WGSL');
    if (!adapter.features.has('subgroups')) return;
    const { result, reason } = await testSubgroups(adapter);
    expect(result).toBe('failed');
    expect(reason).toMatch(/./);
  });
});
