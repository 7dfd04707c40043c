/**
 * @file How much memory is used when nobody says: WebGPU does not tell how much a device has, so a rule decides by
 * the class of the adapter and by the memory the browser tells of. `docs/memory.md` gives the reasons.
 */
const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/** What the rule goes by. */
export interface BudgetFacts {
  /** Computes on the CPU, in the page's own memory. */
  readonly software: boolean;
  /** `GPUAdapterInfo`'s names, lower case, empty where the browser hides them. */
  readonly vendor: string;
  readonly architecture: string;
  /** The adapter's `maxBufferSize`. */
  readonly maxBufferBytes: number;
  /** `navigator.deviceMemory` in GiB, rounded and capped by the browser; absent in some. */
  readonly deviceMemory: number | undefined;
}

/** What most machines have where the browser does not tell. */
const USUAL_MEMORY = 8;
const OWN_MEMORY = 4 * GIB;
const SHARED_MEMORY = 3 * GIB;
const PHONE_MEMORY = GIB;

/** Bytes of GPU memory used by default. */
export function defaultGpuBudget(facts: BudgetFacts): number {
  const { vendor, architecture, maxBufferBytes, deviceMemory = USUAL_MEMORY } = facts;
  // Devices that refuse buffers of more than the guaranteed 256 MiB are small ones.
  const byLimits = Math.max(GIB, 8 * maxBufferBytes);
  if (hasOwnMemory(vendor, architecture) && !facts.software) return Math.min(OWN_MEMORY, byLimits);
  const share = isPhone(vendor) ? PHONE_MEMORY : SHARED_MEMORY;
  return Math.min(share, (deviceMemory * GIB) / 2, byLimits);
}

/** Bytes of weights kept in the page's memory by default: a quarter of the machine's. */
export function defaultRamBudget(deviceMemory: number | undefined): number {
  return Math.max(256 * MIB, ((deviceMemory ?? USUAL_MEMORY) * GIB) / 4);
}

/** Graphics cards; AMD's and Intel's are told from their processors' graphics where the architecture says so. */
function hasOwnMemory(vendor: string, architecture: string): boolean {
  return vendor === 'nvidia' || vendor === 'amd' || /^xe-\d?hpg/.test(architecture);
}

function isPhone(vendor: string): boolean {
  return ['arm', 'qualcomm', 'img-tec', 'samsung'].includes(vendor);
}
