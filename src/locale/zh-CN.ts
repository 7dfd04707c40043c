/** @file Every text of the product in simplified Chinese. */
import type { Messages } from './en.ts';
import { limitAmount } from './limit-amount.ts';

/** Simplified Chinese. */
export const zhCN: Messages = {
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
    size: '尺寸',
    width: '宽度',
    height: '高度',
    sizeHint: (multiple) => `单位为像素，须为 ${multiple} 的倍数。`,
    advanced: '高级设置',
    backend: '计算后端',
    backendAuto: '自动',

    model: '模型',
    modelOpening: '正在打开模型…',
    modelMissing: '尚未打开模型。',
    licence: (terms) => `许可证：${terms}`,
    openFolder: '打开模型文件夹…',
    embeddedModel: '内置模型',

    picture: '画面',
    emptyTitle: '还没有显影的画面',
    emptyHint: '写下一句话，或选择一个示例。',
    pictureAlt: (prompt) => (prompt === '' ? '无提示词生成的图片' : `生成的图片：${prompt}`),
    previewAlt: '正在绘制的画面预览',
    pictureFacts: (seed, steps, seconds) => `种子 ${seed} · ${steps} 步 · ${seconds} 秒`,
    download: '下载 PNG',
    ready: (seconds) => `图片已完成，用时 ${seconds} 秒。`,
    cancelled: '已取消。',

    progress: '进度',
    phaseLoad: '正在加载模型',
    phaseEncode: '正在理解提示词',
    phaseDenoise: (step, steps, quarter) =>
      `正在绘制，第 ${step} 步，共 ${steps} 步：${['构图', '纹理', '光影', '细节'][quarter] ?? ''}`,
    phaseDecode: '正在显影',

    device: '运行于',
    deviceWasm: (threads) => `WASM · ${threads} 线程`,
    deviceNoHardware: '没有可用的硬件 WebGPU 适配器',
    deviceSoftware: '软件模拟',

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
    'model/unknown': ({ model }) => `没有名为“${model}”的模型。请给出目录中的模型、文件夹或网址。`,
    'request/size': ({ width, height, multiple }) =>
      `此模型无法生成 ${width}×${height} 像素的图片。请使用 ${multiple} 的倍数。`,
    'request/invalid': ({ field, value, expected }) => `${field} 的值“${value}”无效：应为 ${expected}。`,
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
    'image/not-finite': ({ stage, count }) =>
      `图片已损坏：${stage} 之后有 ${count} 个值不是有限数。请确认模型权重完好。`,
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
    'negative-unused': () => '反向提示词只在完整引导（full）下起作用，已忽略。',
    'guidance-scale-unused': () => '引导已关闭，引导强度不起作用，已忽略。',
    'guidance-embedded': ({ scale }) => `此模型以引导强度作为输入，无法关闭引导；已使用 ${scale}。`,
  },
};
