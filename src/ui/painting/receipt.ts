/** @file What a finished request took, as it is kept for the user. */
import type { GenerateResult } from '../../engine/protocol/generate.ts';
import type { MemoryHistory } from './memory-history.ts';

/** What is kept of a finished request. */
export interface Receipt extends Pick<
  GenerateResult,
  'precision' | 'gpu' | 'wasmHeapBytes' | 'ms' | 'timeline' | 'unetEvaluations' | 'lora'
> {
  /** Absent where memory was not counted. */
  readonly history: MemoryHistory | undefined;
}
