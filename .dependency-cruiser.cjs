/**
 * @file Who may import whom. The table below is the architecture's one-way flow, read by every build: a folder
 * (or file) of src may import itself and what its row names, nothing else. `types` are for `import type` only:
 * they vanish in the built site, so a row with types alone ties nothing together at run time.
 * Tests are free to import what they test with; cycles and unresolvable imports are forbidden to them too.
 */
const FLOW = {
  'error.ts': {},
  locale: {
    types: [
      ...['error.ts', 'engine/protocol', 'engine/device-report.ts'],
      ...['lora/verdict.ts', 'lora/trial-report.ts'],
    ],
  },

  // Pure: numbers, text and bytes; no page, no GPU, no ONNX Runtime.
  onnx: {},
  tokens: { values: ['error.ts'] },
  prompt: { types: ['tokens/clip-tokenizer.ts'] },
  latents: { values: ['error.ts'] },
  'image/visible-mark.ts': { types: ['image/pixels.ts'] },
  image: { values: ['error.ts', 'latents/sampler-names.ts'] },
  weights: { values: ['error.ts'] },
  'weights/model-address.ts': { values: ['weights/path-part.ts'] },
  'lora/prompt-tags.ts': {},
  lora: { values: ['error.ts', 'weights'], types: ['runtime/backend.ts', 'image/pixels.ts'] },
  architecture: { values: ['error.ts', 'onnx'] },

  // The machine.
  gpu: { values: ['error.ts'] },
  runtime: {
    values: ['error.ts', 'onnx', 'gpu', 'weights/bf16.ts'],
    types: ['architecture/templates/template.ts'],
  },
  stream: { values: ['error.ts', 'weights'], types: ['architecture/program.ts', 'runtime/backend.ts'] },

  // What tabs tell each other, and the page asks of the browser, stands alone.
  'store/import-channel.ts': { types: ['engine/protocol'] },
  'store/persistence.ts': {},
  store: {
    values: ['error.ts', 'weights'],
    types: ['engine/protocol', 'lora/verdict.ts', 'lora/trial-report.ts'],
  },

  // What was painted, kept.
  gallery: {
    values: [
      ...['error.ts', 'image/parameters.ts', 'image/picture-text.ts', 'image/png.ts'],
      ...['store/sealed.ts', 'store/storage.ts', 'store/transaction.ts'],
    ],
  },

  // Where both meet. The page's half of the engine, and what it knows of places, brings nothing of the worker's half along.
  'engine/device-report.ts': { types: ['gpu/budget.ts', 'gpu/subgroups.ts'] },
  'engine/protocol': {
    types: [
      'error.ts',
      'gpu/ledger.ts',
      'latents/guidance-modes.ts',
      'latents/sampler-names.ts',
      ...['image/pixels.ts', 'image/visible-mark.ts'],
      'engine/device-report.ts',
      'engine/precisions.ts',
      ...['lora/verdict.ts', 'lora/trial-report.ts'],
    ],
  },
  'engine/precisions.ts': {},
  'engine/model-source.ts': {
    values: ['weights/file-source.ts', 'weights/path-part.ts'],
    types: ['engine/protocol'],
  },
  'engine/client.ts': { values: ['error.ts'], types: ['engine/protocol'] },
  engine: {
    values: [
      ...[
        'error.ts',
        'tokens',
        'prompt',
        'latents',
        'image',
        'weights',
        'lora',
        'architecture',
        'gpu',
        'runtime',
        'stream',
        'store',
      ],
      'package.json',
    ],
  },

  // The page.
  offline: { values: ['runtime/jspi.ts'] },
  ui: {
    values: [
      'error.ts',
      'locale',
      'store/persistence.ts',
      'store/import-channel.ts',
      ...['latents/guidance-modes.ts', 'latents/image-to-image.ts', 'latents/sampler-names.ts'],
      'weights/model-address.ts',
      'engine/model-source.ts',
      'engine/precisions.ts',
      // LoRAs and finished pictures are recognized, and the shelf is kept, without the engine.
      'prompt/adjust-emphasis.ts',
      ...['image/parameters.ts', 'image/picture-text.ts', 'image/png.ts', 'image/visible-mark.ts'],
      'image/foreign-label.ts',
      'gallery',
      ...['lora/config-names.ts', 'lora/prompt-tags.ts', 'lora/lora-name.ts', 'lora/repairable.ts'],
      ...['store/lora-entry.ts', 'store/lora-shelf.ts', 'store/queue-records.ts'],
      ...['weights/blob-file.ts', 'weights/safetensors.ts'],
    ],
    types: [
      ...['engine/protocol', 'engine/device-report.ts', 'image/pixels.ts', 'offline'],
      ...['lora/verdict.ts', 'lora/trial-report.ts'],
    ],
  },
  'main.ts': { values: ['engine/client.ts', 'locale', 'offline', 'ui'] },
};

/** The folders of the page, each of which may import those before it. */
const PAGE_FOLDERS = [
  ...['parts', 'settings', 'device', 'models', 'loras', 'form'],
  ...['painting', 'queue', 'sharing', 'gallery', 'page'],
].map((name) => `ui/${name}`);

/** Packages that one place alone may import. */
const HOMES = {
  'onnxruntime-web': '^src/runtime/onnxruntime\\.ts$',
  lit: '^src/ui/',
  'fast-png': '^src/image/',
  'idb-keyval': '^src/(store|gallery)/',
  fflate: '^src/gallery/archive\\.ts$',
  'workbox-precaching': '^src/offline/',
};

/** What the command line shares with the site. */
const SCRIPTS_SHARE = [
  'error.ts',
  'locale',
  ...[
    'weights/safetensors.ts',
    'weights/blob-file.ts',
    'weights/bf16.ts',
    'weights/shape.ts',
    'weights/single-file',
  ],
  'weights/model-address.ts',
  ...['lora/config-names.ts', 'lora/prompt-tags.ts', 'lora/lora-name.ts'],
  ...['tokens/byte-level.ts', 'tokens/clip-vocabulary.ts'],
  ...['engine/limits.ts', 'engine/model-source.ts', 'engine/precisions.ts'],
  'latents/guidance-modes.ts',
  'latents/sampler-names.ts',
  'image/visible-mark.ts',
  ...[
    'ui/parts/byte-size.ts',
    'ui/device/device-capabilities.ts',
    'ui/parts/duration.ts',
    'ui/parts/turbo-stages.ts',
    'ui/models/model-sentences.ts',
    'ui/page/theme.ts',
  ],
];
const SCRIPTS_SHARE_TYPES = [
  ...['engine/protocol', 'engine/device-report.ts', 'offline/shell.ts', 'ui/page/scripting.ts'],
  ...['lora/verdict.ts', 'lora/trial-report.ts'],
];

/** Asks the engine's planner itself, which computes nothing; the benchmarks also take networks and weights apart. */
const PLAN = '^scripts/(plan|bench-memory|bench-watchdog)(\\.ts$|/)';

/** A check against a reference is a test, though too long for every run. */
const TEST = '(\\.test\\.ts$|^src/.*/test-[a-z-]+\\.ts$|^src/testing/|^scripts/check-full(\\.ts$|/))';

/** A pattern for any of these folders or files of src. */
function pathOf(...names) {
  const escaped = names.map((name) => name.replaceAll('.', '\\.') + (name.includes('.') ? '$' : '/'));
  const own = escaped.map((name) => (name.startsWith('package') ? `^${name}` : `^src/${name}`));
  return own.length === 0 ? '^$' : `(${own.join('|')})`;
}

/** The rules of one row: nothing but what it names, and types as nothing but types. */
function rowRules([name, { values = [], types = [] }]) {
  // A file with a row of its own is not bound by its folder's.
  const ownRow = Object.keys(FLOW).filter((other) => other.startsWith(`${name}/`));
  const from = { path: pathOf(name), pathNot: [TEST, ...ownRow.map((other) => pathOf(other))] };
  const itself = name.includes('.') ? [] : [name];
  const rules = [
    {
      name: `flow: ${name}`,
      comment: `src/${name} may import ${[...values, ...types].join(', ') || 'nothing of ours'}`,
      severity: 'error',
      from,
      to: { path: '^(src/|package\\.json$)', pathNot: pathOf(...itself, ...values, ...types) },
    },
  ];
  if (types.length > 0) {
    rules.push({
      name: `types only: ${name}`,
      comment: `src/${name} may import only types from ${types.join(', ')}`,
      severity: 'error',
      from,
      to: { path: pathOf(...types), dependencyTypesNot: ['type-only'] },
    });
  }
  return rules;
}

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-unresolvable',
      comment:
        'addresses of files (`?url`, `?parts`) are resolved by the bundler, whose build fails where it cannot',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '\\?(url|parts)$' },
    },
    ...Object.entries(FLOW).flatMap(rowRules),
    ...PAGE_FOLDERS.map((name, place) => ({
      name: `flow: ${name}`,
      comment: `src/${name} may import what comes before it in PAGE_FOLDERS`,
      severity: 'error',
      from: { path: pathOf(name), pathNot: TEST },
      to: { path: '^src/ui/', pathNot: pathOf(...PAGE_FOLDERS.slice(0, place + 1)) },
    })),
    {
      name: 'in-the-flow: ui',
      comment: 'a new folder of the page needs a place in PAGE_FOLDERS',
      severity: 'error',
      from: { path: '^src/ui/.+/', pathNot: [TEST, pathOf(...PAGE_FOLDERS)] },
      to: {},
    },
    {
      name: 'in-the-flow',
      comment: 'a new folder of src needs a row in the table of this file',
      severity: 'error',
      from: { path: '^src/', pathNot: [TEST, pathOf(...Object.keys(FLOW))] },
      to: {},
    },
    ...Object.entries(HOMES).map(([name, home]) => ({
      name: `home: ${name}`,
      comment: `only ${home} imports ${name}`,
      severity: 'error',
      from: { path: '^src/', pathNot: home },
      to: { path: `(^|node_modules/)${name}(/|$)` },
    })),
    {
      name: 'scripts-share',
      comment:
        'the command line drives the built page; it shares sentences, errors and formats with it, not its work',
      severity: 'error',
      from: { path: '^scripts/', pathNot: [TEST, PLAN] },
      to: { path: '^src/', pathNot: pathOf(...SCRIPTS_SHARE, ...SCRIPTS_SHARE_TYPES) },
    },
    {
      name: 'scripts-share-types',
      severity: 'error',
      from: { path: '^scripts/', pathNot: [TEST, PLAN] },
      to: { path: pathOf(...SCRIPTS_SHARE_TYPES), dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'product-imports-dependencies-only',
      comment: 'what is built into the site may import neither development tools nor Node',
      severity: 'error',
      from: { path: '^src/', pathNot: TEST },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'core'] },
    },
    {
      name: 'product-imports-no-test',
      severity: 'error',
      from: { path: '^(src|scripts)/', pathNot: TEST },
      to: { path: TEST },
    },
    {
      name: 'product-imports-no-script',
      severity: 'error',
      from: { path: '^src/', pathNot: TEST },
      to: { path: '^(scripts|e2e)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'browser', 'default'],
      extensions: ['.ts', '.js', '.json', '.wgsl'],
    },
  },
};
