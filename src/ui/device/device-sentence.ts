/** @file One short line that says what paints. */
import type { DeviceReport } from '../../engine/device-report.ts';
import type { BackendChoice } from '../../engine/protocol/generate.ts';
import { translate } from '../../locale/index.ts';

/** The backend a choice leads to here, and why it is not the GPU when it is not. */
export function deviceSentence(report: DeviceReport, choice: BackendChoice): string {
  const hasGpu = report.webgpu && !report.software;
  const backend = choice === 'auto' ? report.backend : choice;
  if (backend === 'wasm') {
    const sentence = translate('deviceWasm', report.threads);
    return hasGpu ? sentence : translate('deviceBecause', sentence, translate('deviceNoHardware'));
  }
  if (!report.adapter)
    return translate('deviceBecause', 'WebGPU', report.reason ?? translate('deviceNoHardware'));
  const adapter = `WebGPU · ${report.adapter.name}`;
  return report.software ? translate('deviceSoftware', adapter) : adapter;
}
