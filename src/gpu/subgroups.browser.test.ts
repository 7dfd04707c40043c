import { describe, expect, it } from 'vitest';
import { requestAdapter } from './device.ts';
import { testSubgroups } from './subgroups.ts';

async function adapterHere(): Promise<GPUAdapter> {
  const { adapter } = await requestAdapter();
  if (!adapter) throw new Error('the test browser has no WebGPU');
  return adapter;
}

/** An adapter whose shaders are changed on their way to the device. */
function meddled(adapter: GPUAdapter, change: (code: string) => string): GPUAdapter {
  return new Proxy(adapter, {
    get(target, name) {
      if (name !== 'requestDevice') return Reflect.get(target, name, target) as unknown;
      return async (descriptor: GPUDeviceDescriptor) => {
        const device = await target.requestDevice(descriptor);
        const create = device.createShaderModule.bind(device);
        device.createShaderModule = ({ code }) => create({ code: change(code) });
        return device;
      };
    },
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

  it('says why it could not be run', async () => {
    const adapter = meddled(await adapterHere(), () => 'this is no WGSL');
    if (!adapter.features.has('subgroups')) return;
    const { result, reason } = await testSubgroups(adapter);
    expect(result).toBe('failed');
    expect(reason).toMatch(/./);
  });
});
