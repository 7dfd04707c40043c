/** @file Every text of the product in simplified Chinese. */
import type { Finding } from '../error.ts';
import { capabilitiesZhCN } from './capabilities.zh-CN.ts';
import type { Messages } from './en.ts';
import { figure } from './figure.ts';
import { limitAmount } from './limit-amount.ts';

/** Simplified Chinese. */
export const zhCN: Messages = {
  capabilities: capabilitiesZhCN,
  ui: {
    tagline: '一句话，就在你自己的设备上变成一幅画。',
    headlessNote: 'Emulsion 无界面模式：请使用脚本接口 globalThis.emulsion。',
    language: '语言',

    prompt: '提示词',
    promptPlaceholder: '描述你想要的画面',
    negativePrompt: '反向提示词',
    negativePlaceholder: '不希望出现的内容',
    examples: '示例',
    generate: '极速生成',
    cancel: '取消',
    cancelling: '正在取消…',

    seed: '种子',
    seedRandom: '随机',
    seedRoll: '换一个新种子并固定',
    seedInvalid: '请输入 0 到 18446744073709551615 之间的整数。',
    steps: '步数',
    guidance: '引导',
    'guidance.auto': '按模型的设定',
    'guidance.off': '关闭',
    'guidance.first-step': '仅第一步',
    'guidance.full': '每一步',
    'guidance.onetime-negative': '远离第一步的反向结果',
    'guidedBy.off': () => '无引导',
    'guidedBy.first-step': (scale) => `引导 ${scale}，仅用于第一步`,
    'guidedBy.full': (scale) => `引导 ${scale}，用于每一步`,
    'guidedBy.onetime-negative': (scale) => `引导 ${scale}，远离第一步的反向结果`,
    'guidedBy.distilled': (scale) => `引导 ${scale}，内含于模型`,
    guidanceCost: (way, evaluations) => `${way}：共 ${evaluations} 次 UNet 计算`,
    guidanceRescale: '引导重缩放',
    clipSkip: 'CLIP 跳过层数',
    size: '尺寸',
    width: '宽度',
    height: '高度',
    sizeHint: (multiple) => `单位为像素，须为 ${multiple} 的倍数。`,
    advanced: '高级设置',
    backend: '计算后端',
    backendAuto: '自动',
    precision: '精度',
    precisionF16: 'f16（仅供比较，可能失败）',

    model: '模型',
    modelOpening: '正在打开模型…',
    modelMissing: '尚未打开模型。',
    licence: (terms) => `许可证：${terms}`,
    modelPassing: '仅供本次使用，未保存。',

    modelsOpen: '模型管理…',
    models: '模型',
    close: '关闭',
    back: '返回',
    modelsStored: '此浏览器中的模型',
    modelsStoredNone: '尚未保存任何模型。在此添加的模型无需联网即可使用。',
    modelsLoading: '正在查看已保存的模型…',
    modelsOffered: '已知模型',
    modelsAdd: '添加自己的模型',
    modelAddress: '模型文件夹或 .safetensors 文件的网址',
    modelAddressWrong: '这不是有效的网址，网址以 https:// 开头。',
    modelLook: '查看',
    componentsElsewhere: '来自别处的组件',
    componentsHint: '可不填。若是完整模型的网址，只取其中的这个组件；也可以是组件自己的文件夹或文件。',
    componentUnet: 'UNet 的网址',
    componentVae: 'VAE 的网址',
    pickFolder: '选择文件夹…',
    pickFile: '选择文件…',
    dropHint: '也可以将文件夹或 .safetensors 文件拖放到页面任意位置。',
    dropTitle: '在此放下模型',
    dropHere: 'diffusers 布局的文件夹，或单个 .safetensors 文件',
    actionOn: (action, model) => `${action}模型：${model}`,
    modelUse: '用它绘画',
    modelInUse: '使用中',
    modelAdd: '添加…',
    modelEmbedded: '随本站提供',
    modelDamaged: '部分记录已丢失。',
    modelAdded: (model) => `“${model}”已保存在此浏览器中。`,
    modelPaused: (model) => `“${model}”已暂停。`,
    modelRemoved: (model, freed) => `“${model}”已删除，释放了 ${freed}。`,
    unverified: '网址未经验证',
    unverifiedHint: '此网址尚未在这里试用过，模型可能已移走。',
    roundedExactly: '已舍入为 bfloat16，数值没有变化。',
    rounded: (percent, tensors) => `已舍入为 bfloat16：权重变化 ${percent} %（${tensors} 个张量）。`,

    importing: '正在添加',
    importPaused: '已暂停',
    importElsewhere: '另一个标签页正在添加',
    verifying: '正在校验',
    repairing: '正在修复',
    pause: '暂停',
    resume: '继续',
    cancelAndDelete: '取消并删除',
    verify: '校验',
    repair: '修复',
    delete: '删除',
    deleteQuestion: (model, freed) => `删除“${model}”？将释放 ${freed}。`,
    keepIt: '保留',
    filesNeeded: (source) => `为此需要再次提供其文件：${source}`,
    amountDone: (done, total) => `已完成 ${done}，共 ${total}`,
    speed: (amount) => `每秒 ${amount}`,
    secondsLeft: (seconds) => `还需 ${seconds} 秒`,
    minutesLeft: (minutes) => `约需 ${minutes} 分钟`,
    hoursLeft: (hours, minutes) => `约需 ${hours} 小时 ${minutes} 分钟`,
    allIntact: (records) => `校验完毕：${records} 条记录均与保存时一致。`,
    damageFound: (damaged, records) => `${records} 条记录中有 ${damaged} 条已损坏：`,
    damageRepaired: (damaged, records) => `${records} 条记录中有 ${damaged} 条曾损坏，现已修复：`,
    recordDescription: '模型的描述',
    recordAndMore: (first, others) => `${first} 等，另有 ${others} 项`,
    recordMissing: '已丢失',
    recordChanged: '内容已变',
    moreRecords: (count) => `另有 ${count} 条`,

    offerLooking: '正在查看模型…',
    sourceTerm: '来源',
    sizeTerm: '大小',
    licenceTerm: '许可证',
    licenceUnknown: '此处未注明，请向发布者了解使用条件。',
    licenceRead: '阅读全文',
    licenceAccept: '我已阅读该许可证并将遵守。',
    sizeInBrowser: (size) => `在此浏览器中占用 ${size}`,
    sizeToFetch: (size) => `，其中 ${size} 尚待获取`,
    roomEnough: (needed, free) => `需要 ${needed} 浏览器存储空间，目前约有 ${free} 可用。`,
    roomShort: (needed, free) =>
      `需要 ${needed} 浏览器存储空间，但目前仅约 ${free} 可用。仍可不保存而直接使用。`,
    roomUnknown: (needed) => `需要 ${needed} 浏览器存储空间；浏览器未告知剩余多少。`,
    assumed: '文件未说明以下内容，因此按 SDXL 处理：',
    roundingNote: 'float16 或 float32 权重在存入时会舍入为 bfloat16；变化有多大会被测量并显示。',
    keepHere: '保存在此浏览器中',
    downloadAndKeep: '下载并保存',
    useOnce: '仅用一次，不保存',

    storageUsed: (used) => `已用浏览器存储空间 ${used}`,
    storageUsedOf: (used, total) => `浏览器存储空间已用 ${used}，共 ${total}`,
    storageUnknown: '浏览器未告知已用多少存储空间。',
    storageKept: '浏览器会一直保留，直到你删除为止。',
    storageMayGo: '磁盘将满时，浏览器可能会清除这些数据。',
    storageAsk: '请浏览器长期保留',
    storageRefused: '浏览器未承诺保留；多次访问或将本站加入书签之后可能会允许。',

    gpuBudget: 'GPU 显存',
    ramBudget: '内存中保留的权重',
    automaticFor: (field) => `自动决定：${field}`,
    budgetAutomatic: (size) => `最多 ${size}`,
    budgetByRule: '按设备类型决定',
    useBudget: (size) => `改用 ${size}`,
    useSize: (width, height) => `改用 ${width}×${height}`,
    vae: '解码方式',
    vaeAuto: '自动：放得下时整幅解码',
    vaeFull: '整幅解码',
    vaeTiled: '分块解码',
    vaeTiny: '快速，使用小型解码器',
    vaeTile: '分块大小',
    tileByModel: '按模型自身设定',
    latents: (side) => `${side} × ${side} 个潜变量`,
    idle: '空闲时权重离开 GPU',
    idleAtOnce: '立即',
    idleMinutes: (minutes) => `${minutes} 分钟后`,

    memoryNow: (live, peak) => `GPU 显存：正在使用 ${live}，最多 ${peak}`,
    peakAt: (size) => `峰值 ${size}`,
    budgetAt: (size) => `预算 ${size}`,
    'memory.weights': '权重',
    'memory.expanded': '展开的权重',
    'memory.activations': '激活值',
    'memory.staging': '上传',
    'memory.runtime': '运行时',
    'memory.readback': '结果',
    peakOf: (peak, budget) => `峰值 ${peak}，预算 ${budget}`,
    uploaded: (size) => `上传 ${size}`,
    stages: (count) => `${count} 个阶段`,
    heap: (size) => `WASM 内存 ${size}`,
    heapTerm: 'WASM 内存',
    staysOnGpu: '留在 GPU 上',
    'receipt.load': '打开模型',
    'receipt.encode': '理解提示词',
    'receipt.denoise': '绘制',
    'receipt.decode': '显影',
    receiptSteps: '各步用时',
    receiptEvaluations: 'UNet 计算次数',

    picture: '画面',
    emptyTitle: '还没有显影的画面',
    emptyHint: '写下一句话，或选择一个示例。',
    pictureAlt: (prompt) => (prompt === '' ? '无提示词生成的图片' : `生成的图片：${prompt}`),
    previewAlt: '正在绘制的画面预览',
    stepAlt: (step, steps) => `第 ${step} 步（共 ${steps} 步）后的画面预览`,
    stepStrip: '画面的各个步骤',
    stepOf: (step, steps, stage) => `第 ${step} 步，共 ${steps} 步${stage === undefined ? '' : `：${stage}`}`,
    'stage.structure': '构图',
    'stage.texture': '纹理',
    'stage.light': '光影',
    'stage.detail': '细节',
    stripNow: '当前',
    stripNowName: '当前的画面',
    stripPicture: '成图',
    stripPictureName: '完成的图片',
    pictureFacts: (seed, steps, seconds) => `种子 ${seed} · ${steps} 步 · ${seconds} 秒`,
    download: '下载 PNG',
    ready: (seconds) => `图片已完成，用时 ${seconds} 秒。`,
    cancelled: '已取消。',

    progress: '进度',
    phaseLoad: '正在加载模型',
    phaseEncode: '正在理解提示词',
    phaseDenoise: (step, steps, stage) =>
      `正在绘制，第 ${step} 步，共 ${steps} 步${stage === undefined ? '' : `：${stage}`}`,
    phaseDecode: '正在显影',

    device: '运行于',
    deviceWasm: (threads) => `WASM · ${threads} 线程`,
    deviceNoHardware: '没有可用的硬件 WebGPU 适配器',
    deviceSoftware: '软件模拟',
    deviceAbout: '关于此设备',
    deviceAboutHint: '此浏览器提供了什么，Emulsion 又如何使用。',
    deviceExamining: '正在检查浏览器及其 GPU…',
    deviceCapability: '能力',
    deviceFound: '结果',
    deviceMeaning: '影响',
    deviceCopy: '复制报告',
    deviceCopied: '报告已复制到剪贴板。',
    deviceCopyRefused: '浏览器不允许复制。报告已在上方选中，请从那里复制。',
    deviceReport: '报告',
    deviceRaw: 'GPU 的限制与特性',
    deviceFeatures: (list) => `特性：${list}`,
    'deviceGroup.browser': '浏览器',
    'deviceGroup.gpu': '图形处理器',
    'deviceGroup.cpu': '处理器与内存',
    'deviceGroup.storage': '存储',
    'found.yes': '是',
    'found.no': '否',
    'found.present': '有',
    'found.absent': '没有',
    'found.none': '无',
    'found.noAdapter': '没有适配器',
    'found.notTold': '未告知',
    'found.unknown': '未知',
    'found.works': '可用',
    'found.refused': '被拒绝',
    foundThreads: (threads) => `是，${threads} 线程`,
    foundSide: (side) => `至 ${side} × ${side} 像素`,
    foundRight: (size) => `正确，每组 ${size} 个`,
    foundWrong: (operations) => `错误：${operations}`,
    foundUntested: (reason) => `无法测试：${reason}`,

    offlineReady: '已可离线使用',
    updateAvailable: '有新版本',
    reload: '重新加载',

    tryAgain: '重试',
    dismiss: '关闭',
  },
  errors: {
    'weights/not-found': ({ file, status }) =>
      status === 404
        ? `模型中没有文件“${file}”（${status}）。请检查模型文件夹或地址。`
        : `无法获取模型文件“${file}”：服务器返回 ${status}。请检查模型地址。`,
    'weights/unreachable': ({ file, reason }) =>
      `无法读取模型文件“${file}”：${reason}。请检查网络或磁盘后重试。`,
    'weights/header-invalid': ({ file, reason }) =>
      `“${file}”已损坏，或不是 safetensors 文件：${reason}。请重新获取该文件。`,
    'weights/dtype-unsupported': ({ file, tensor, dtype }) =>
      `“${file}”中的张量“${tensor}”以 ${dtype} 存储，而这里只能读取 F32、F16 和 BF16。请先转换模型。`,
    'weights/tensor-missing': ({ tensor, component }) =>
      `模型缺少 ${component} 所需的张量“${tensor}”。请获取完整的模型。`,
    'weights/tensor-shape': ({ tensor, expected, actual }) =>
      `张量“${tensor}”的形状是 ${actual}，而模型配置要求 ${expected}。请使用同一模型的配置和权重。`,
    'weights/not-finite': ({ file, tensor }) =>
      `“${file}”中的张量“${tensor}”含有非有限数值。文件已损坏，请重新获取。`,
    'weights/changed': ({ file }) =>
      `“${file}”已不是开始下载时的那个文件。该模型已下载的内容已丢弃，请重新添加。`,
    'weights/checksum': ({ file }) =>
      `“${file}”不是发布的文件：SHA-256 不一致。其内容未被保留，请从发布者处重新获取。`,
    'model/config-missing': ({ file }) =>
      `模型中没有“${file}”。请选择 diffusers 布局的文件夹，即包含 model_index.json 的那一个。`,
    'model/config-invalid': ({ file, reason }) =>
      `模型的“${file}”无法使用：${reason}。请修正或重新获取该文件。`,
    'model/unsupported': ({ file, field, value, supported }) =>
      `模型的“${file}”将“${field}”设为 ${value}，而支持的是：${supported}。Emulsion 运行 SDXL 架构的模型；请更正该文件或选择其他模型。`,
    'model/scheduler-unsupported': ({ field, value, supported }) =>
      `模型的调度器将“${field}”设为 ${value}，而支持的是：${supported}。请修改 scheduler/scheduler_config.json。`,
    'model/tokenizer-invalid': ({ file, reason }) =>
      `“${file}”中的分词器无法使用：${reason}。请重新获取模型的分词器文件。`,
    'model/no-tiny-vae': ({ model }) =>
      `模型“${model}”没有小型自编码器（tiny_vae/）。请使用完整解码或分块解码。`,
    'model/unknown': ({ model }) => `没有名为“${model}”的模型。请给出目录中的模型、文件夹或网址。`,
    'model/licence': ({ model, licence, address }) =>
      `“${model}”的许可限制其用途：${licence}。请阅读（${address}），并用 --accept-licence 表示接受。`,
    'store/unavailable': ({ reason }) => `此浏览器无法保存模型：${reason}。仍可直接从地址或文件使用模型。`,
    'store/quota': ({ neededMiB, availableMiB }) =>
      `模型需要 ${neededMiB} MiB 的浏览器存储空间，目前只有 ${availableMiB} MiB 可用。请腾出空间或移除某个模型；不保存时仍可从来源直接使用。`,
    'store/damaged': ({ model, record }) => `已保存的模型“${model}”已损坏：${record}。请校验并修复。`,
    'store/incomplete': ({ model }) => `模型“${model}”尚未完整保存。请再次添加，以便从中断处继续。`,
    'store/busy': ({ model }) => `模型“${model}”正在被处理，可能是在另一个标签页中。请等它完成后再试。`,
    'store/exists': ({ model, source }) =>
      `已有另一个模型保存为“${model}”，来源：${source}。请移除它或换一个名称。`,
    'store/source-needed': ({ model, source }) => `修复“${model}”需要再次提供其文件：${source}。请选择文件。`,
    'model/file-kind': ({ file, kind }) =>
      `“${file}”不是 SDXL 检查点，而是 ${kind}，Emulsion 无法用它作画。请选择 SDXL、SDXL Turbo 或 SDXL Lightning 模型。`,
    'model/file-incomplete': ({ file, present, missing }) =>
      `“${file}”只是模型的一部分：含有 ${present}，缺少 ${missing}。请选择完整的检查点，或与具备其余部分的模型组合使用。`,
    'model/file-layout': ({ file, reason }) =>
      `“${file}”无法按 SDXL 检查点读取：${reason}。请重新获取该文件，或选择其他模型。`,
    'request/size': ({ width, height, multiple }) =>
      `此模型无法生成 ${width}×${height} 像素的图片。请使用 ${multiple} 的倍数。`,
    'request/invalid': ({ field, value, expected }) => `${field} 的值“${value}”无效：应为 ${expected}。`,
    'request/budget': ({ width, height, budgetMiB, neededMiB, fits }) =>
      `${width}×${height} 的图片需要 ${neededMiB} MiB 显存，而预算为 ${budgetMiB} MiB。${fits ? `请提高预算，或选择不大于 ${fits} 的尺寸。` : '请提高预算。'}`,
    'request/buffer': ({ width, height, limitMiB, neededMiB, fits }) =>
      `${width}×${height} 的图片需要 ${neededMiB} MiB 的单个缓冲区，超过此 GPU 单个可分配的 ${limitMiB} MiB。${fits ? `请选择不大于 ${fits} 的尺寸，或使用 WASM 后端。` : '请使用 WASM 后端。'}`,
    'request/heap': ({ width, height, limitMiB, neededMiB, fits }) =>
      `${width}×${height} 的图片需要 ${neededMiB} MiB WASM 内存，超过可用的 ${limitMiB} MiB。${fits ? `请选择不大于 ${fits} 的尺寸` : '请改用其他解码方式'}，或使用 WebGPU 后端。`,
    'request/init-noise': ({ reason }) =>
      `无法使用给定的初始噪声：${reason}。请提供张量与模型和尺寸相符的 safetensors 文件。`,
    'gpu/unavailable': ({ reason }) => `此处无法使用 WebGPU：${reason}。请改用 WASM 后端。`,
    'gpu/device-lost': ({ reason }) =>
      `GPU 在绘制途中停止工作：${reason}。请重试；若再次发生，请选择更小的尺寸。`,
    'gpu/out-of-memory': ({ reason }) =>
      `GPU 显存不足：${reason}。请选择更小的尺寸，或关闭其他占用 GPU 的程序。`,
    'gpu/limit': ({ what, needed, limit }) =>
      `此 GPU 不足以运行该模型：单个 ${what} 需要 ${limitAmount(what, needed, Math.ceil)}，上限为 ${limitAmount(what, limit, Math.floor)}。请选择更小的尺寸或 WASM 后端。`,
    'runtime/start-failed': ({ reason }) =>
      `计算运行时无法启动：${reason}。请重新加载，或使用新版 Chrome、Edge 或 Chromium。`,
    'runtime/run-failed': ({ stage, reason }) =>
      `模型在 ${stage} 处运行失败：${reason}。请重试，或换用其他后端。`,
    'image/not-finite': ({ count, of, least, greatest, ...finding }) =>
      `图片已损坏：在${placeOf(finding)}，${of} 个值中有 ${count} 个不是有限数${least === null || greatest === null ? '' : `，其余介于 ${figure(least)} 与 ${figure(greatest)} 之间`}。${remedyFor(finding)}`,
    'image/zeros': (finding) => `图片已损坏：${placeOf(finding)}的结果全部为零。${remedyFor(finding)}`,
    'image/uniform': ({ colour }) =>
      `图片是空白的：所有像素都是同一种颜色（${colour}）。请换一个随机种子或提示词再试。`,
    'image/png-invalid': ({ reason }) => `该文件不是可用的 PNG 图片：${reason}。请选择其他文件。`,
    'output/unwritable': ({ file, reason }) => `无法写入“${file}”：${reason}。请选择其他输出位置。`,
    'browser/not-found': ({ reason }) =>
      `没有找到可用的浏览器：${reason}。请安装 Chrome、Chromium 或 Edge，或用 EMULSION_BROWSER 指定其路径。`,
    'engine/cancelled': () => '任务已取消。',
    'engine/crashed': ({ reason }) => `引擎意外停止：${reason}。请重试；若内存不足，请选择更小的尺寸。`,
    'engine/internal': ({ reason }) => `程序自身出现错误：${reason}。请反馈此问题。`,
  },
  notices: {
    'prompt-cut': ({ which, cut }) =>
      `${which === 'prompt' ? '提示词' : '反向提示词'}超出了模型可读的长度。以下部分未被采用：“${cut}”`,
    'negative-unused': () =>
      '反向提示词只在引导需要两次计算时起作用（full、first-step、onetime-negative），已忽略。',
    'guidance-scale-unused': () => '引导已关闭或已内含于模型，引导强度不起作用，已忽略。',
    'guidance-rescale-unused': () =>
      '引导重缩放只在引导需要两次计算时起作用（full、first-step、onetime-negative），已忽略。',
    'gpu-budget-unused': () => '此图片由 CPU（WASM）计算，显存预算不起作用。',
    'model-assumed': ({ assumptions }) =>
      `此模型没有给出全部参数，以下按 SDXL 的取值处理：${assumptions.join('；')}。`,
    'vae-tiled': ({ tile }) =>
      `内存预算不够一次解码整幅图像，已按 ${tile} 像素的小块解码；颜色可能略有差异。`,
    'guidance-embedded': ({ scale }) => `此模型以引导强度作为输入，无法关闭引导；已使用 ${scale}。`,
  },
};

function placeOf({ network, stage, operation, step }: Finding): string {
  const names = operation?.startsWith(stage)
    ? [operation]
    : [stage, ...(operation === null ? [] : [operation])];
  return `${step === null ? '' : `第 ${step} 步的 `}${network} ${names.join('，')} `;
}

function remedyFor({ operation, precision }: Finding): string {
  if (operation === null) return '再次计算时结果正确，是设备出了错。请重试。';
  if (precision === 'f16') return 'f16 的数值上限为 65504，请改用 bf16 或 f32。';
  return '请确认模型完好，或换用其他后端。';
}
