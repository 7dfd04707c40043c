/** @file What the page says of the ways to a picture beside its prompt, in simplified Chinese. */
import type { FormTexts } from '../en/form.ts';

export const formTextsZhCN: FormTexts = {
  initImage: '以图片为起点（图生图）',
  initImageChoose: '选择图片…',
  initImageHint: '也可以拖放或粘贴到此处。',
  initImageAlt: (name) => `起始图片：${name}`,
  initImageFacts: (width, height) => `${width} × ${height} 像素，会缩放并裁切到新图片的尺寸。`,
  initImageRemove: '不再以它为起点',
  initImageUnreadable: (file) => `“${file}”无法作为图片读取。请提供 PNG、JPEG 或 WebP 文件。`,
  initImageSmall: (width, height, least) =>
    `${width} × ${height} 像素的图片太小：模型要求每边至少 ${least} 像素。`,
  strength: '重绘强度',
  strengthHint: (taken, steps) => `越大，原图保留得越少：共 ${steps} 步，执行其中 ${taken} 步。`,
  pictureHadInitImage:
    '这张图片是以另一张图片为起点的，而文件中没有那张图片。要重现它，请在“以图片为起点”处提供那张图片。',

  sizeOthers: '其他比例',
  sizeLock: '锁定宽高比',
  sizeSwap: '对调两边',
  sizeUntrained: '模型未针对此尺寸训练：画面可能散乱或重复。',

  styles: (names) => `风格：${names}`,
  stylesNone: '无',
  stylesOffered: '风格',
  stylesSearch: '搜索风格',
  stylesNotFound: '没有这样的风格。',

  share: '复制链接',
  shareHint: '包含提示词和参数，不含图片；不会发送任何数据。',
  shareAddress: '链接',
  shareCopied: '链接已复制到剪贴板。',
  shareRefused: '浏览器不允许复制。上方已选中链接，请从那里复制。',
  linkTaken: '已采用链接中的提示词和参数，尚未开始绘制。',
  linkBroken: '这不是图片的链接，或链接不完整；未采用任何内容。',
  linkOtherModel: (model) => `这个链接是用别的模型制作的：${model}。`,

  variation: '变体',
  variationSeed: '变体种子',
  variationRemove: '不使用变体',
  variationHint: '初始噪声从种子向变体种子靠近的程度。',

  pictureActions: '从这张图片继续',
  pictureBegin: '以它为起点',
  'vary.subtle': '细微变化',
  'vary.strong': '明显变化',
  varyHint: '再画一张相似的：种子相同，掺入一些别的噪声',
  larger: (factor) => `放大 ${factor} 倍`,
};
