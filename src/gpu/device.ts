/**
 * @file Gets a WebGPU device with the adapter's own limits and watches it. The `subgroups` feature is never
 * asked for: with it ONNX Runtime's attention is wrong on some drivers (measured on SwiftShader).
 */
import { AppError } from '../error.ts';

const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBuffersPerShaderStage',
] as const;

const SOFTWARE = /swiftshader|llvmpipe|lavapipe|basic render|software/i;

/** The adapter, or why there is none. */
export async function requestAdapter(): Promise<{ adapter: GPUAdapter } | { adapter: null; reason: string }> {
  // Typed as always present, but absent in browsers without WebGPU and in insecure contexts.
  const gpu = (navigator as { gpu?: GPU }).gpu;
  if (!gpu)
    return { adapter: null, reason: 'this browser has no WebGPU, or the page is not served securely' };
  try {
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    return adapter ? { adapter } : { adapter: null, reason: 'the browser offers no GPU adapter' };
  } catch (error) {
    return { adapter: null, reason: error instanceof Error ? error.message : String(error) };
  }
}

/** Whether an adapter computes on the CPU, some hundred times slower than a GPU. */
export function isSoftwareAdapter(adapter: GPUAdapter): boolean {
  const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info;
  return isFallbackAdapter || SOFTWARE.test([vendor, architecture, device, description].join(' '));
}

/** The adapter's name for people. */
export function adapterName(adapter: GPUAdapter): string {
  const { vendor, architecture, description } = adapter.info;
  return description || [vendor, architecture].filter(Boolean).join(' ') || 'GPU';
}

/** Reads the limits we depend on. */
export function adapterLimits(limits: GPUSupportedLimits): Record<string, number> {
  return Object.fromEntries(LIMITS.map((name) => [name, limits[name]]));
}

/** A device and what has gone wrong with it; once lost, it stays lost. */
export class WatchedDevice {
  readonly device: GPUDevice;
  #failure: AppError | undefined;

  constructor(device: GPUDevice) {
    this.device = device;
    void device.lost.then(({ reason, message }) => {
      this.#failure = new AppError('gpu/device-lost', { reason: message || reason });
    });
    device.addEventListener('uncapturederror', (event) => {
      event.preventDefault();
      const { error } = event;
      const reason = error.message;
      this.#failure ??=
        error instanceof GPUOutOfMemoryError
          ? new AppError('gpu/out-of-memory', { reason })
          : new AppError('runtime/run-failed', { stage: 'webgpu', reason });
    });
  }

  /** Throws what went wrong since the device was made; ONNX Runtime itself stays silent about it. */
  check(): void {
    if (this.#failure) throw this.#failure;
  }
}

/** A device of the adapter with its largest limits. */
export async function openDevice(adapter: GPUAdapter): Promise<WatchedDevice> {
  try {
    return new WatchedDevice(await adapter.requestDevice({ requiredLimits: adapterLimits(adapter.limits) }));
  } catch (error) {
    throw new AppError(
      'gpu/unavailable',
      { reason: error instanceof Error ? error.message : String(error) },
      error,
    );
  }
}
