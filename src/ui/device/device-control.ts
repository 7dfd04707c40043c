/** @file What pictures are painted on: the device as it was found, and what the user has chosen of it. */
import type { ReactiveControllerHost } from 'lit';
import type { DeviceReport } from '../../engine/device-report.ts';
import type { Engine } from '../../engine/protocol/engine.ts';
import type { Precision } from '../../engine/precisions.ts';
import type { BackendChoice } from '../../engine/protocol/generate.ts';
import type { TrialSettings } from '../../engine/protocol/lora-desk.ts';
import { toPlainError, type PlainError } from '../../error.ts';
import {
  changeSetting,
  readMemorySettings,
  writeMemorySettings,
  type MemorySettings,
} from '../settings/memory-settings.ts';

const BACKENDS: readonly BackendChoice[] = ['auto', 'webgpu', 'wasm'];

interface ControlParts {
  readonly engine: () => Engine;
  readonly onFailure: (failure: PlainError, retry: () => void) => void;
}

export class DeviceControl {
  /** Absent until somebody has looked. */
  report: DeviceReport | undefined;

  readonly #host: ReactiveControllerHost;
  readonly #parts: ControlParts;
  #backend = backendFromAddress();
  #memory = readMemorySettings();

  constructor(host: ReactiveControllerHost, parts: ControlParts) {
    this.#host = host;
    this.#parts = parts;
  }

  /** What holds for every order. */
  get choices(): { readonly backend: BackendChoice; readonly memory: MemorySettings } {
    return { backend: this.#backend, memory: this.#memory };
  }

  /** What test pictures are painted with. */
  trialSettings(precision: Precision): TrialSettings {
    const { backend, memory } = this.choices;
    return { ...changeSetting(memory, 'vaeTile', undefined), backend, precision };
  }

  async probe(): Promise<void> {
    try {
      this.report = await this.#parts.engine().probe();
      this.#host.requestUpdate();
    } catch (error) {
      this.#parts.onFailure(toPlainError(error), () => void this.probe());
    }
  }

  choose(backend: BackendChoice): void {
    this.#backend = backend;
    this.#host.requestUpdate();
  }

  setMemory(memory: MemorySettings): void {
    this.#memory = memory;
    writeMemorySettings(memory);
    this.#host.requestUpdate();
  }

  /** @param bytes of GPU memory */
  setBudget(bytes: number): void {
    this.setMemory(changeSetting(this.#memory, 'gpuBudgetBytes', bytes));
  }
}

/** `?backend=` presets the choice; anything else is automatic. */
function backendFromAddress(): BackendChoice {
  const asked = new URLSearchParams(location.search).get('backend');
  return BACKENDS.find((choice) => choice === asked) ?? 'auto';
}
