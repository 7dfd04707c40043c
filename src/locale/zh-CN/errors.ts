/** @file The sentences for failures in simplified Chinese. */
import type { Finding, PictureName } from '../../error.ts';
import type { ErrorSentences } from '../en/errors.ts';
import { figure } from '../figure.ts';
import { limitAmount } from '../limit-amount.ts';
import { findingZhCN } from './lora-findings.ts';

/** Simplified Chinese. */
export const errorsZhCN: ErrorSentences = {
  'weights/not-found': ({ file, status }) =>
    status === 404
      ? `模型中没有文件“${file}”（${status}）。请检查模型文件夹或网址。`
      : `无法获取模型文件“${file}”：服务器返回 ${status}。请检查模型网址。`,
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
    `“${file}”不是所发布的文件：SHA-256 不一致。其内容没有保留，请从发布者处重新获取。`,
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
    `“${model}”的许可证限制其用途：${licence}。请阅读（${address}），并用 --accept-licence 表示接受。`,
  'store/unavailable': ({ reason }) => `此浏览器无法保存模型：${reason}。仍可从网址或文件使用模型。`,
  'store/quota': ({ neededMiB, availableMiB }) =>
    `模型需要 ${neededMiB} MiB 的浏览器存储空间，目前只有 ${availableMiB} MiB 可用。请腾出空间或移除某个模型；不保存时仍可从来源直接使用。`,
  'store/damaged': ({ model, record }) => `已保存的模型“${model}”已损坏：${record}。请校验并修复。`,
  'store/format': ({ model }) =>
    `已保存的模型“${model}”由 Emulsion 的另一版本写入，此版本无法读取。请使用最新版本（重新加载页面），或删除该模型后重新添加。`,
  'store/deleted': ({ model }) => `已保存的模型“${model}”在使用过程中被删除。请选择其他模型或重新添加。`,
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
  'gallery/full': ({ neededMiB }) =>
    `这张图片没有保存：浏览器已没有它所需的 ${neededMiB} MiB 空间。请下载它，或删除不再需要的图片或模型后重试。`,
  'gallery/unavailable': ({ reason }) => `此浏览器无法在这里保存图片：${reason}。请下载想保留的图片。`,
  'gallery/damaged': () => '这张图片的文件已损坏或丢失，可能被浏览器清除了。请删除它，或按其参数重新生成。',
  'gallery/no-settings': () => '这张图片不含可读取的参数。请选择生成程序直接保存的 PNG。',
  'gallery/archive-invalid': ({ file, reason }) =>
    `“${file}”不是可读取的 zip 文件：${reason}。请选择图片压缩包或 PNG 文件。`,
  'request/size': ({ width, height, multiple }) =>
    `此模型无法生成 ${width}×${height} 像素的图片。请使用 ${multiple} 的倍数。`,
  'request/invalid': ({ field, value, expected }) => `${field} 的值“${value}”无效：应为 ${expected}。`,
  'request/budget': ({ width, height, limitMiB, neededMiB, fits }) =>
    `${width}×${height} 的图片需要 ${neededMiB} MiB 显存，而预算为 ${limitMiB} MiB。${fits ? `请提高预算，或选择不大于 ${fits} 的尺寸。` : '请提高预算。'}`,
  'request/buffer': ({ width, height, limitMiB, neededMiB, fits }) =>
    `${width}×${height} 的图片需要 ${neededMiB} MiB 的单个缓冲区，超过此 GPU 单个可分配的 ${limitMiB} MiB。${fits ? `请选择不大于 ${fits} 的尺寸，或使用 WASM 后端。` : '请使用 WASM 后端。'}`,
  'request/heap': ({ width, height, limitMiB, neededMiB, fits }) =>
    `${width}×${height} 的图片需要 ${neededMiB} MiB WASM 内存，超过可用的 ${limitMiB} MiB。${fits ? `请选择不大于 ${fits} 的尺寸` : '请改用其他解码方式'}，或使用 WebGPU 后端。`,
  'request/prompt-length': ({ tokens, fits, neededMiB, limitMiB }) =>
    `长达 ${tokens} 个词元的提示词需要 ${neededMiB} MiB 内存，而上限为 ${limitMiB} MiB。请把它缩短到 ${fits} 个词元以内。`,
  'request/init-noise': ({ reason }) =>
    `无法使用给定的初始噪声：${reason}。请提供张量与模型和尺寸相符的 safetensors 文件。`,
  'lora/refused': ({ file, rule, module, value, limit, others, repairable }) =>
    `LoRA“${file}”未通过检查：${module === '' ? '' : `${module} 的 `}${rule} 为 ${figure(findingZhCN(value))}，${typeof limit === 'number' ? '最多' : '要求'} ${figure(findingZhCN(limit))}${others === 0 ? '' : `，另有 ${others} 条原因`}。${repairable ? '请修复后再用（命令行为 --lora-policy adapt），或不用它绘制。' : '它无法修复：请换一个，或不用它绘制。'}`,
  'request/init-image': ({ reason }) => `无法使用给定的起始图片：${reason}。请提供 PNG、JPEG 或 WebP 文件。`,
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
  'image/not-finite': ({ count, of, least, greatest, wouldBeBlack, ...finding }) =>
    `${subjectOf(finding.picture)}${wouldBeBlack ? '会是全黑的' : '已损坏'}：${placeOf(finding)}的 ${of} 个值中，有 ${count} 个不是有限数${least === null || greatest === null ? '' : `，其余介于 ${figure(least)} 与 ${figure(greatest)} 之间`}。${remedyFor(finding)}`,
  'image/zeros': (finding) =>
    `${subjectOf(finding.picture)}已损坏：${placeOf(finding)}的结果全部为零。${remedyFor(finding)}`,
  'image/uniform': ({ colour, picture }) =>
    `${subjectOf(picture)}是空白的：所有像素都是同一种颜色（${colour}）。请换一个种子或提示词再试。`,
  'image/png-invalid': ({ reason }) => `该文件不是可用的 PNG 图片：${reason}。请选择其他文件。`,
  'output/unwritable': ({ file, reason }) => `无法写入“${file}”：${reason}。请选择其他输出位置。`,
  'browser/not-found': ({ reason }) =>
    `没有找到可用的浏览器：${reason}。请安装 Chrome、Chromium 或 Edge，或用 EMULSION_BROWSER 指定其路径。`,
  'engine/cancelled': () => '任务已取消。',
  'engine/crashed': ({ reason }) => `引擎意外停止：${reason}。请重试；若内存不足，请选择更小的尺寸。`,
  'engine/internal': ({ reason }) => `程序自身出现错误：${reason}。请反馈此问题。`,
};

function subjectOf(picture: PictureName | null): string {
  if (!picture) return '图片';
  const { seed, variationSeed, number, count } = picture;
  const seeds = `种子 ${seed}${variationSeed === null ? '' : `，变体种子 ${variationSeed}`}`;
  return count === 1 ? `图片（${seeds}）` : `${count} 张图片中的第 ${number} 张（${seeds}）`;
}

function placeOf({ network, stage, operation, step }: Finding): string {
  const names = operation?.startsWith(stage)
    ? [operation]
    : [stage, ...(operation === null ? [] : [operation])];
  return `${step === null ? '' : `第 ${step} 步的 `}${network} ${names.join(' / ')} `;
}

function remedyFor({ isRepeated, precision }: Finding): string {
  if (isRepeated === null) return '无法重新计算以进一步查明。请重试，或换用其他后端。';
  if (!isRepeated) return '重新计算后结果正确，可见是设备出了错。请重试。';
  if (precision === 'f16') return 'f16 的数值上限为 65504，请改用 bf16 或 f32。';
  return '请确认模型完好，或换用其他后端。';
}
