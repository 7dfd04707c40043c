/** @file What the rules for LoRAs find, as verdicts and errors hold it, in simplified Chinese. */

const WORDS: Readonly<Record<string, string>> = {
  'a convolution (LoCon)': '卷积层（LoCon）',
  'a norm': '归一化层',
  'a linear layer': '线性层',
  'NaN or infinity': 'NaN 或无穷大',
  'finite numbers': '有限数',
  'no LoRA tensors': '没有 LoRA 张量',
  'at least one module': '至少一个模块',
  'a .safetensors file': '.safetensors 文件',
  'LoRA alone': '只含 LoRA',
  'tensors that belong to no LoRA': '不属于 LoRA 的张量',
  'LoCon in Tucker form': 'Tucker 形式的 LoCon',
  'full weight differences': '完整的权重差值',
  'norm layers': '归一化层',
  'textual inversion': 'Textual Inversion 嵌入',
  'down and up': 'down 和 up',
  'one number': '单个数',
  'there twice, under two names': '以两个名称出现了两次',
  once: '一次',
  'not in the model': '不在当前模型中',
  'a module of the model': '当前模型的模块',
  'modules of the model': '当前模型的模块',
  'the refiner of SDXL': 'SDXL 的精修模型',
  'Stable Diffusion 1.x or 2.x': 'Stable Diffusion 1.x 或 2.x',
  'a transformer such as Stable Diffusion 3 or Flux': 'Stable Diffusion 3、Flux 一类的 Transformer',
};

/** Those with something of the file in them. */
const PATTERNS: readonly (readonly [pattern: RegExp, text: string])[] = [
  [/^none of its (\d+) modules is in the model$/, '$1 个模块都不在当前模型中'],
  [/^only (\w+)$/, '只有 $1'],
  [/^alpha of type (\w+)$/, '$1 类型的 alpha'],
  [/^alpha of shape (.+)$/, '形状为 $1 的 alpha'],
];

/** A value or a limit of a finding; numbers and names as they are. */
export function findingZhCN(value: string | number): string | number {
  if (typeof value === 'number') return value;
  const [, kind, count] = /^(.+) \((\d+)\)$/.exec(value) ?? [];
  if (kind !== undefined && count !== undefined) return `${findingZhCN(kind)}（${count}）`;
  const pattern = PATTERNS.find(([one]) => one.test(value));
  if (pattern) return value.replace(...pattern);
  if (WORDS[value] !== undefined) return WORDS[value];
  const names = value.split(', ');
  // What is not known here, such as why a file cannot be read, stays as it is.
  return names.some((name) => WORDS[name] !== undefined)
    ? names.map((name) => WORDS[name] ?? name).join('、')
    : value;
}
