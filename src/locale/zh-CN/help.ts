/** @file What the page says to explain itself: its keys, the tour, and where the time of a picture went, in Chinese. */
import type { helpTexts } from '../en/help.ts';

type Texts<T> = { readonly [K in keyof T]: T[K] extends string ? string : T[K] };

export const helpTextsZhCN: Texts<typeof helpTexts> = {
  help: '快捷键与帮助',
  helpTour: '查看导览',
  helpDocuments: '完整说明见文档。',
  keysKey: '按键',
  keysAction: '作用',
  keysPage: '页面任意位置',
  keyGenerate: '生成；正在生成时加入队列',
  keyGenerateNext: '同上，但排在所有等待项之前',
  keyCancel: '停止当前任务，开始下一个',
  keyStopAll: '全部停止：当前任务和所有等待项',
  keyPaste: '采用已复制图片的参数',
  keyHelp: '显示此列表（输入文字时除外）',
  keysPrompt: '提示词框中',
  keyWeigh: '增加或降低光标处词语或所选内容的权重',
  keyHistory: '翻阅用过的提示词',
  keysPicture: '图片下方的步骤与时间轴中',
  keySteps: '上一个、下一个、第一个、最后一个',
  keysGallery: '图库中',
  keyMove: '移动',
  keyStar: '加上或取消星标',
  keyUseAll: '采用全部参数',
  keyUsePrompt: '采用提示词',
  keyUseSeed: '采用种子',
  keyUseSize: '采用尺寸',
  keyDelete: '删除',
  keyUndo: '撤销删除',
  keyBack: '返回全部图片，再返回页面',

  tour: '简短导览',
  tourWrite: '写下你想看到的画面，一句话就够了。',
  tourGenerate: '点“极速生成”即可作画，几步完成，过程可见。',
  tourDevice: '图片就在你自己的设备上生成，你写的和画的都不会离开它。',
  tourGallery: '完成的每张图片连同参数都保存在这里，只在此浏览器中。',
  tourAt: (step, steps) => `第 ${step} 步，共 ${steps} 步`,
  tourNext: '下一步',
  tourSkip: '跳过',
  tourEnd: '知道了',

  timeline: '时间用在了哪里',
  timelineStage: '阶段',
  timelineRun: (stage, step, time, percent) =>
    `${stage}${step === undefined ? '' : `，第 ${step} 步`}：${time}，${percent} %`,
  timelineBetween: '其中，阶段之间',
  timelineSlowest: '最慢的阶段',
  timelineSlow: (stage, runs) => (runs === 1 ? stage : `${stage}，${runs} 次`),
};
