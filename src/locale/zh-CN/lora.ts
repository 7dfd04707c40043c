/** @file What the page says of LoRAs, in simplified Chinese. */
import { figure } from '../figure.ts';
import type { LoraTexts } from '../en/lora.ts';
import { findingZhCN } from './lora-findings.ts';

/** Simplified Chinese. */
export const loraTextsZhCN: LoraTexts = {
  'loraReason.format': (module, value, limit) =>
    `${module ? `${module}：` : ''}无法作为 LoRA 读取。实际为 ${findingZhCN(value)}，应为 ${findingZhCN(limit)}。`,
  'loraReason.base': (module, value, limit) =>
    module
      ? `${module}：当前模型没有这个模块。`
      : `它是为别的模型制作的。实际为 ${findingZhCN(value)}，应为 ${findingZhCN(limit)}。`,
  'loraReason.target': (module, value, limit) =>
    `${module} 属于${findingZhCN(value)}，LoRA 不得改动。允许的模块：${limit}。`,
  'loraReason.rank': (module, value, limit) => `${module}：秩为 ${figure(value)}，最多允许 ${limit}。`,
  'loraReason.scale': (module, value, limit) =>
    `${module}：缩放（alpha/rank）为 ${figure(value)}，最多允许 ${limit}。`,
  'loraReason.shape': (module, value, limit) => `${module}：形状与模型不符。实际为 ${value}，应为 ${limit}。`,
  'loraReason.finite': (module, value) => `${module}：含有 ${findingZhCN(value)}，会使画面变黑。文件已损坏。`,

  'loraReasons.format': (count) => `${count} 个模块无法作为 LoRA 读取。`,
  'loraReasons.base': (count) => `${count} 个模块不在当前模型中：它是为别的模型制作的。`,
  'loraReasons.target': (count) => `${count} 个模块属于 LoRA 不得改动的种类。`,
  'loraReasons.rank': (count) => `${count} 个模块的秩高于 8。`,
  'loraReasons.scale': (count) => `${count} 个模块的缩放（alpha/rank）高于 1。`,
  'loraReasons.shape': (count) => `${count} 个模块的形状与模型不符。`,
  'loraReasons.finite': (count) => `${count} 个模块含有 NaN 或无穷大，会使画面变黑。文件已损坏。`,

  'loraConcern.finite': (value) => `有 ${value} 个数值成了 NaN 或无穷大，画面会变黑。请勿以此权重使用。`,
  'loraConcern.black': (value, limit) =>
    `画面有 ${value} 是黑色，此处通常不超过 ${limit}。请试试更小的权重。`,
  'loraConcern.outline': (value, limit) =>
    `主体轮廓破损：只有 ${value} 是闭合的，此处通常有 ${limit}。请试试更小的权重。`,
  'loraConcern.hue': (value, limit) =>
    `主体颜色不再统一：只有 ${value} 属于主色相，此处通常有 ${limit}。请试试更小的权重。`,
  'loraConcern.fringe': (value, limit) =>
    `主体边缘有紫边，占 ${value}，此处通常不超过 ${limit}。请试试更小的权重。`,

  loras: 'LoRA 架',
  lorasOpen: 'LoRA 管理…',
  lorasHint:
    'LoRA 教模型学会一种风格或一个主体。每个文件在使用前都会检查；违反规则之处会逐一指出，能如实修复的可以修复。',
  lorasNone: '这里还没有 LoRA。将 .safetensors 文件拖放到页面任意位置，或选择一个文件。',
  lorasNoneOn: '没有启用任何 LoRA。',
  lorasShelf: '架上的 LoRA',
  lorasAdd: '添加自己的 LoRA',
  lorasOffered: '示例',
  loraPick: '选择 LoRA 文件…',
  loraDropHint:
    '也可以拖放到页面任意位置：一个 .safetensors 文件，如有 adapter_config.json 或 lora_config.json 也请一并放入。',
  loraAddNamed: (name) => `添加：${name}`,
  loraAdd: '添加',
  loraAdding: '正在添加…',
  loraOnShelf: '已在架上',
  loraAdded: (name) => `“${name}”已放到架上。`,
  loraKnown: (name) => `“${name}”原本就在架上。`,
  loraUpdated: (name) => `“${name}”已在架上，但元数据或配置不同；现已换成新的。`,
  loraRemoved: (name) => `“${name}”已移除。`,
  loraInserted: (name) => `“${name}”已写入提示词。`,
  loraRepaired: (name) => `“${name}”已修复。`,
  loraNoFile: '其中没有 .safetensors 文件。',
  loraKeepQuota: (needed, available) =>
    `浏览器空间不足，无法保存（需要 ${needed} MiB，剩余 ${available} MiB）；仅在本次访问中可用。`,
  loraKeepUnavailable: (reason) => `此浏览器无法为本页保存数据（${reason}）；LoRA 仅在本次访问中可用。`,

  loraUsed: (name) => `LoRA“${name}”权重`,
  loraSwitch: (name) => `使用 ${name}`,
  loraOn: '启用',
  loraWeight: '权重',
  loraWeightOf: (name) => `${name} 的权重`,
  loraNoWeight: '权重为 0 时不起作用。',
  loraBase: (base) => `基于 ${base}`,
  loraTriggers: '触发词',
  loraInsert: '写入提示词',
  loraInsertWords: (words) => `写入提示词：${words}`,
  loraUp: '上移',
  loraDown: '下移',
  loraDownload: '下载',
  loraDownloadRepaired: '下载修复后的文件',
  loraRemove: '移除',
  loraRemoveQuestion: (name) => `要从架上移除“${name}”吗？`,
  loraThumbnail: (name) => `${name} 的测试图`,

  loraWaits: '打开模型后即会检查。',
  loraLooking: '正在检查文件…',
  loraAdmitted: '符合全部规则，可以使用。测试一下，看看效果。',
  loraSafe: '可以放心使用：符合全部规则，测试也没有发现问题。',
  loraDoubtful: '符合全部规则，但测试结果有需要留意之处。',
  loraRefused: (count) => `已拒绝，共 ${count} 条原因：`,
  loraReasonEnergy: (module, kept, limit) =>
    `${module}：降低秩后只能保留 ${Number.parseInt(String(kept))} % 的能量，至少要有 ${limit} 才算同一个 LoRA。`,
  loraMoreReasons: (count) => `另有 ${count} 条`,
  loraTotals: (count, rank, scale) => `${count} 个模块 · 秩最大 ${rank} · 缩放最大 ${scale}`,
  loraMoves: (percent) => `权重变动 ${percent} %`,
  loraNormsDue: '正在测量它对权重的改动幅度，无需等待。',
  loraNormsRemote:
    '没有测量它对权重的改动幅度：模型权重在另一台主机上，测量需要全部下载。将模型存入此浏览器后即可看到。',
  loraNormsFailed: (reason) => `无法测量它对权重的改动幅度。${reason}`,
  loraFigures: '各模块的数据',
  loraTotal: (count) => `全部 ${count} 个模块`,
  loraModule: '模块',
  loraRank: '秩',
  loraScale: '缩放',
  loraRelative: '相对变动 ‖ΔW‖/‖W‖',

  loraRepair: '修复',
  loraRepairing: '正在修复…',
  loraRepairHint: '修复后的副本会取代架上的文件；你自己的文件保持原样。',
  loraBeyondRepair: '无法修复，否则它就成了另一个 LoRA。',
  loraScaleChoice: (scale) => `它的缩放为 ${scale}，高于 1，如何处理？`,
  loraFold: '折入因子',
  loraFoldHint: '超出 1 的部分并入因子。效果与作者的本意完全相同。',
  loraClamp: '限制为 1',
  loraClampHint: (percent) => `缩放变为 1。效果减弱，只剩原来的 ${percent} %。`,
  loraDone: '已修复的内容',
  'loraDoneCount.left-out': (count) => `${count} 个模块已去掉`,
  'loraDoneCount.compressed': (count) => `${count} 个模块的秩降为 8`,
  'loraDoneCount.folded': (count) => `${count} 个模块的缩放已折入因子`,
  'loraDoneCount.clamped': (count) => `${count} 个模块的缩放限制为 1`,
  'loraDone.left-out': (module) => `${module}：已去掉，LoRA 不得改动它。`,
  'loraDone.compressed': (module, rank, percent) =>
    `${module}：秩由 ${rank} 降为 8，保留 ${percent} % 的能量。`,
  'loraDone.folded': (module, scale) => `${module}：缩放 ${scale} 已折入因子，效果不变。`,
  'loraDone.clamped': (module, scale, percent) =>
    `${module}：缩放 ${scale} 已限制为 1，效果是原来的 ${percent} %。`,

  loraTest: '测试',
  loraTesting: '正在测试',
  loraTestPart: (done) => `正在测试：${done} %`,
  loraTestGood: '已测试：没有发现问题。',
  loraTestConcerns: (count) => `已测试：有 ${count} 处需要留意。`,
  loraTestMoved: (percent) => `它使模型一次计算的结果偏移 ${percent} %。`,
  loraTestWith: (prompt, weight) => `提示词“${prompt}”，权重 ${weight}。`,
  loraPictureConcern: (number, concern) => `第 ${number} 张：${concern}`,
  loraPlain: '不使用',
  loraAdapted: '使用',
  loraPlainAlt: (number) => `测试图 ${number}，不使用此 LoRA`,
  loraAdaptedAlt: (number) => `测试图 ${number}，使用此 LoRA`,
  loraTestFigures: '测试图的数据',
  'loraFigure.black': '黑色',
  'loraFigure.outline': '闭合轮廓',
  'loraFigure.hue': '主色相',
  'loraFigure.fringe': '紫边',
  loraNumber: '图',

  lorasUnknown: (names) =>
    `提示词提到的这些 LoRA 不在架上：${names}。绘制时不会使用它们；请添加，或从提示词中去掉标签。`,
  lorasMissing: (names) => `这张图片用到的这些 LoRA 不在架上：${names}。添加后即可重现。`,
  pictureTake: '采用 PNG 中的参数…',
  pictureTakeHint: '采用已完成图片的提示词、种子、步数、尺寸和 LoRA；将图片拖放到页面上也可以。',
  pictureRestored: (file) => `已采用“${file}”的参数。`,
  pictureOtherModel: (model) => `这张图片是用别的模型绘制的：${model}。`,
  pictureUseModel: '使用该模型',
  pictureWithoutSettings: (file) => `“${file}”中没有可以采用的参数。`,
};
