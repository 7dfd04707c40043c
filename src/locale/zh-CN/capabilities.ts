/**
 * @file What the parts of a browser and its GPU are called and what follows from each, in simplified Chinese.
 * `docs/zh-CN/device.md` holds the same table, and a test compares the two: change both.
 */
import type { CapabilityTexts } from '../en/capabilities.ts';

/** Simplified Chinese. */
export const capabilitiesZhCN: CapabilityTexts = {
  browser: {
    name: '浏览器',
    meanings: { known: '便于反馈问题。程序不会根据浏览器名称做任何决定。' },
  },
  'secure-context': {
    name: '安全地址',
    meanings: {
      yes: '浏览器可以提供 GPU、存储和离线访问。',
      no: '浏览器不提供 GPU、存储和离线访问。请通过 https 打开本页，或在本机上用 localhost 打开。',
    },
  },
  webgpu: {
    name: 'GPU（WebGPU）',
    meanings: {
      hardware: '选择“自动”时用它绘制。',
      software: '它由 CPU 模拟，比 WASM 慢得多。选择“自动”时改用 WASM；只有明确选择 WebGPU 时才使用它。',
      'no-adapter':
        '由 WASM 在 CPU 上绘制；明确选择 WebGPU 时会被拒绝（gpu/unavailable）。浏览器设置中的硬件加速可能已关闭。',
      absent:
        '由 WASM 在 CPU 上绘制；明确选择 WebGPU 时会被拒绝（gpu/unavailable）。新版 Chrome 或 Edge 支持 WebGPU。',
    },
  },
  backend: {
    name: '自动选择的后端',
    meanings: {
      webgpu: '因为有硬件 GPU。可在高级设置中改用 WASM。',
      wasm: '因为没有可用的硬件 GPU。图片相同，只是用时更长。',
    },
  },
  'gpu-budget': {
    name: '显存用量',
    meanings: {
      card: '独立显卡的常用值，因为 WebGPU 不提供显存大小。放不下的权重会在每一步重新上传。可在高级设置中修改。',
      shared: '处理器内置显卡的常用值。放不下的权重会在每一步重新上传。可在高级设置中修改。',
      software: '软件模拟的 GPU 的常用值，仅在明确选择 WebGPU 时使用。',
      phone: '手机的常用值。放不下的权重会在每一步重新上传。可在高级设置中修改。',
      'little-memory': '浏览器所告知内存的一半。放不下的权重会在每一步重新上传。可在高级设置中修改。',
      'small-buffers':
        '最大缓冲区的八倍，因为缓冲区小的 GPU 显存也小。放不下的权重会在每一步重新上传。可在高级设置中修改。',
      none: '不在 GPU 上计算。',
    },
  },
  'largest-tensor': {
    name: '最大张量',
    meanings: {
      known:
        '在 GPU 上，图片会分块解码，使每个张量都放得下。若 UNet 需要更大的张量，图片会被拒绝，并给出可行的尺寸（request/buffer）。',
      none: '在 WASM 上，限制来自堆内存：需要超过 3072 MB 的图片会被拒绝，并给出可行的尺寸（request/heap）。',
    },
  },
  'whole-picture': {
    name: '整幅解码的上限',
    meanings: {
      webgpu: '按 SDXL 的解码器计算，取决于最大张量和显存用量。更大的图片会分块解码，并提示你。',
      wasm: '按 SDXL 的解码器计算，使 WASM 的堆内存不超过 1024 MB。更大的图片会分块解码，并提示你。',
    },
  },
  'shader-f16': {
    name: '16 位着色器（shader-f16）',
    meanings: {
      present: '不使用：所有运算都是 float32；精度 bf16 和 f16 只对传递的结果做舍入。',
      absent: '不需要：所有运算都是 float32；精度 bf16 和 f16 只对传递的结果做舍入。',
    },
  },
  subgroups: {
    name: '子组（subgroups），本机实测',
    meanings: {
      right:
        '仍不使用：在某个能通过此测试的驱动上，启用它曾使 ONNX Runtime 的注意力计算出错。打开设备时不启用。',
      wrong: '没有影响：打开设备时不启用。',
      absent: '不需要：打开设备时不启用。',
      failed: '没有影响：打开设备时不启用。',
    },
  },
  'timestamp-query': {
    name: '时间戳（timestamp-query）',
    meanings: {
      present: '不使用：以页面的时钟计时，到 GPU 完成为止。',
      absent: '不需要：以页面的时钟计时，到 GPU 完成为止。',
    },
  },
  jspi: {
    name: '可挂起的 WebAssembly（JSPI）',
    meanings: {
      present: '使用 WebGPU 时加载较小的 ONNX Runtime 构建：16 MB。',
      absent: '使用 WebGPU 时加载较大的 ONNX Runtime 构建：26 MB。生成的图片相同。',
    },
  },
  'wasm-simd': {
    name: 'WebAssembly 向量指令（SIMD）',
    meanings: {
      present: 'ONNX Runtime 可以启动。',
      absent:
        '无法绘制：ONNX Runtime 的所有构建都需要它，否则无法启动（runtime/start-failed）。请使用新版浏览器。',
    },
  },
  isolation: {
    name: '跨源隔离',
    meanings: {
      yes: 'WASM 每个核心使用一个线程，最多八个。',
      no: 'WASM 只用一个线程。从第二次访问起，本站的 Service Worker 会隔离本页；服务器加上两个响应头即可立即生效。WebGPU 不受影响。',
    },
  },
  'shared-memory': {
    name: '共享内存（SharedArrayBuffer）',
    meanings: {
      present: 'WASM 的线程可以共享内存。',
      absent: 'WASM 只用一个线程；浏览器只对跨源隔离的页面提供它。',
    },
  },
  memory: {
    name: '本机内存',
    meanings: {
      told: '浏览器给出的近似值，默认的内存用量以它为准。',
      'not-told': '浏览器未告知。默认的内存用量按 8 GB 计算。',
    },
  },
  'ram-budget': {
    name: '内存中保留的权重',
    meanings: {
      share: '所告知内存的四分之一。放不下的会重新读取。可在高级设置中修改。',
      assumed: '8 GB 的四分之一。放不下的会重新读取。可在高级设置中修改。',
      least: '能起作用的最小值。放不下的会重新读取。可在高级设置中修改。',
    },
  },
  storage: {
    name: '存储空间',
    meanings: {
      told: '模型所需超过可用空间时，会在下载前被拒绝（store/quota）；仍可不保存而直接使用。',
      'not-told': '只有在保存时才知道模型能否放下，放不下时会被拒绝（store/quota）；仍可不保存而直接使用。',
    },
  },
  persistence: {
    name: '长期保留存储',
    meanings: {
      kept: '浏览器会一直保留已保存的模型，直到你删除为止。',
      'may-go':
        '磁盘将满时，浏览器可能会清除已保存的模型。添加模型时会请浏览器保留，也可在“模型管理”中再次请求。',
      'not-told': '浏览器未告知是否保留已保存的模型。',
    },
  },
  indexeddb: {
    name: '数据库（IndexedDB）',
    meanings: {
      works: '可以保存模型。',
      refused: '无法保存模型（store/unavailable）。仍可从网址或文件使用模型。原因可能是无痕窗口。',
    },
  },
  locks: {
    name: 'Web Locks',
    meanings: {
      present: '两个标签页不会同时处理同一个已保存的模型。',
      absent: '无法保存模型，因为标签页之间可能互相破坏数据（store/unavailable）。仍可从网址或文件使用模型。',
    },
  },
  'service-worker': {
    name: 'Service Worker',
    meanings: {
      present: '首次访问之后，没有网络也能打开本页。',
      absent: '每次访问都需要网络。原因可能是无痕窗口。',
    },
  },
};
