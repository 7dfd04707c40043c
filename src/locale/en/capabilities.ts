/**
 * @file What the parts of a browser and its GPU are called and what follows from each, in English. `docs/device.md`
 * holds the same table, and a test compares the two: change both.
 */
import type { CapabilityId, CapabilityStates } from '../../engine/device-report.ts';

/** A name for every capability, and one or two sentences for every way it may be found. */
export type CapabilityTexts = {
  readonly [C in CapabilityId]: {
    readonly name: string;
    readonly meanings: { readonly [S in CapabilityStates[C]]: string };
  };
};

/** English. */
export const capabilities: CapabilityTexts = {
  browser: {
    name: 'Browser',
    meanings: { known: 'Good to know in a bug report. Nothing is decided by its name.' },
  },
  'secure-context': {
    name: 'Secure address',
    meanings: {
      yes: 'The browser may offer the GPU, storage and visits without a network.',
      no: 'The browser withholds the GPU, storage and visits without a network. Open the page over https, or on this machine as localhost.',
    },
  },
  webgpu: {
    name: 'GPU through WebGPU',
    meanings: {
      hardware: 'The automatic backend paints on it.',
      software:
        'It computes on the CPU, much slower than WASM does. The automatic backend takes WASM; this one is used when WebGPU is chosen by name.',
      'no-adapter':
        'WASM paints, on the CPU. WebGPU chosen by name is refused (gpu/unavailable). Hardware acceleration may be off in the settings of the browser.',
      absent:
        'WASM paints, on the CPU. WebGPU chosen by name is refused (gpu/unavailable). A current Chrome or Edge has it.',
    },
  },
  backend: {
    name: 'Automatic backend',
    meanings: {
      webgpu: 'Taken because the GPU is hardware. WASM can be chosen under Advanced.',
      wasm: 'Taken because there is no hardware GPU to be had. The pictures are the same, and take longer.',
    },
  },
  'gpu-budget': {
    name: 'GPU memory used',
    meanings: {
      card: 'The usual figure for a graphics card, because WebGPU does not tell how much memory there is. Weights that do not fit are sent again in each step. Can be changed under Advanced.',
      shared:
        'The usual figure for graphics in a processor. Weights that do not fit are sent again in each step. Can be changed under Advanced.',
      software: 'The usual figure for a GPU in software, when WebGPU is chosen by name.',
      phone:
        'The usual figure for a phone. Weights that do not fit are sent again in each step. Can be changed under Advanced.',
      'little-memory':
        'Half of the memory that the browser tells of. Weights that do not fit are sent again in each step. Can be changed under Advanced.',
      'small-buffers':
        'Eight times the largest buffer, because GPUs with small ones are small. Weights that do not fit are sent again in each step. Can be changed under Advanced.',
      none: 'Nothing is computed on a GPU.',
    },
  },
  'largest-tensor': {
    name: 'Largest tensor',
    meanings: {
      known:
        'On the GPU, pictures are decoded in tiles until every tensor is small enough. A picture whose UNet needs a larger one is refused, with a size that fits (request/buffer).',
      none: 'On WASM, the heap is the limit: what would take more than 3072 MB of it is refused, with a size that fits (request/heap).',
    },
  },
  'whole-picture': {
    name: 'Decoded in one piece',
    meanings: {
      webgpu:
        "For SDXL's decoder, by the largest tensor and the GPU memory used. Larger pictures are decoded in tiles, and you are told.",
      wasm: "For SDXL's decoder, so that WASM's heap keeps to 1024 MB. Larger pictures are decoded in tiles, and you are told.",
    },
  },
  'shader-f16': {
    name: '16-bit shaders (shader-f16)',
    meanings: {
      present:
        'Not used: all arithmetic is float32; the precisions bf16 and f16 only round what is passed on.',
      absent:
        'Not needed: all arithmetic is float32; the precisions bf16 and f16 only round what is passed on.',
    },
  },
  subgroups: {
    name: 'Subgroups, tested here',
    meanings: {
      right:
        "Not used all the same: with them, ONNX Runtime's attention has come out wrong on a driver that passes this test. Devices are opened without.",
      wrong: 'This does no harm: devices are opened without them.',
      absent: 'Not needed: devices are opened without them.',
      failed: 'This does no harm: devices are opened without them.',
    },
  },
  'timestamp-query': {
    name: 'Timestamps (timestamp-query)',
    meanings: {
      present: 'Not used: times are taken by the clock of the page, when the GPU has finished.',
      absent: 'Not needed: times are taken by the clock of the page, when the GPU has finished.',
    },
  },
  jspi: {
    name: 'WebAssembly that waits (JSPI)',
    meanings: {
      present: 'For WebGPU, the smaller build of ONNX Runtime is loaded: 16 MB.',
      absent: 'For WebGPU, the larger build of ONNX Runtime is loaded: 26 MB. It gives the same pictures.',
    },
  },
  'wasm-simd': {
    name: 'WebAssembly vectors (SIMD)',
    meanings: {
      present: 'ONNX Runtime can start.',
      absent:
        'Nothing can be painted: every build of ONNX Runtime needs them and does not start without (runtime/start-failed). Use a current browser.',
    },
  },
  isolation: {
    name: 'Cross-origin isolation',
    meanings: {
      yes: 'WASM uses a thread per core, eight at most.',
      no: "WASM uses one thread. From the second visit on the site's own service worker isolates the page; a host may do so at once with two headers. WebGPU does without.",
    },
  },
  'shared-memory': {
    name: 'Shared memory (SharedArrayBuffer)',
    meanings: {
      present: "WASM's threads can share their memory.",
      absent: 'WASM uses one thread; the browser gives it to isolated pages only.',
    },
  },
  memory: {
    name: 'Memory of the machine',
    meanings: {
      told: 'Rounded by the browser. The memory used by default goes by it.',
      'not-told': 'The browser does not tell. The memory used by default is that for 8 GB.',
    },
  },
  'ram-budget': {
    name: 'Weights kept in RAM',
    meanings: {
      share:
        'A quarter of the memory told of. What does not fit is read again. Can be changed under Advanced.',
      assumed: 'A quarter of 8 GB. What does not fit is read again. Can be changed under Advanced.',
      least: 'The least that is of use. What does not fit is read again. Can be changed under Advanced.',
    },
  },
  storage: {
    name: 'Storage',
    meanings: {
      told: 'A model that needs more than is free is refused before anything is fetched (store/quota). It can still be used without storing it.',
      'not-told':
        'Whether a model fits shows only while it is stored; then it is refused (store/quota). It can still be used without storing it.',
    },
  },
  persistence: {
    name: 'Storage is kept',
    meanings: {
      kept: 'The browser keeps stored models until you delete them.',
      'may-go':
        'The browser may clear stored models when the disk runs full. It is asked to keep them when one is added, and can be asked again under Models.',
      'not-told': 'The browser does not tell whether it keeps stored models.',
    },
  },
  indexeddb: {
    name: 'Database (IndexedDB)',
    meanings: {
      works: 'Models can be stored.',
      refused:
        'Models cannot be stored (store/unavailable). They can still be used from their address or files. Private windows may be the cause.',
    },
  },
  locks: {
    name: 'Web Locks',
    meanings: {
      present: 'Two tabs never work on the same stored model at once.',
      absent:
        "Models cannot be stored, because tabs could spoil one another's (store/unavailable). They can still be used from their address or files.",
    },
  },
  'service-worker': {
    name: 'Service worker',
    meanings: {
      present: 'After the first visit the page opens without a network.',
      absent: 'Every visit needs a network. Private windows may be the cause.',
    },
  },
};
