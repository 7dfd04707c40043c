/** @file Styles as words around a prompt: put there before it is encoded, and taken off again when a picture is restored. */
import type { StyleTemplate } from '../../engine/protocol/model.ts';
import { inLanguage } from '../../locale/index.ts';

export interface StyledText {
  readonly prompt: string;
  readonly negative: string;
}

const PLACE = '{prompt}';
/** LoRAs are named at the end of what a picture carries, behind the words of its styles. */
const TAGS = /(\s*<lora:[^<>]*>)+$/i;

/** A style in the language of the page. */
export function styleName({ name }: StyleTemplate): string {
  return inLanguage(name) ?? name.en;
}

/** The prompt in the words of every style, one after another, and what is to be avoided besides. */
export function withStyles({ prompt, negative }: StyledText, styles: readonly StyleTemplate[]): StyledText {
  return {
    prompt: styles.reduce(styled, prompt),
    negative: [negative, ...styles.flatMap((style) => style.negative ?? [])].filter(Boolean).join(', '),
  };
}

/** What {@link withStyles} was given; `undefined` where that did not make this. */
export function withoutStyles(
  { prompt, negative }: StyledText,
  styles: readonly StyleTemplate[],
): StyledText | undefined {
  const tags = TAGS.exec(prompt)?.[0] ?? '';
  let plain: string | undefined = prompt.slice(0, prompt.length - tags.length);
  for (const style of styles.toReversed()) plain = plain === undefined ? undefined : unstyled(plain, style);
  if (plain === undefined) return undefined;
  const added = styles.flatMap((style) => style.negative ?? []).join(', ');
  return { prompt: (plain + tags).trim(), negative: withoutEnd(negative, added) };
}

/** Without a prompt the words stand alone. */
function styled(prompt: string, style: StyleTemplate): string {
  const text = style.prompt.replace(PLACE, () => prompt);
  return prompt === '' ? text.replace(/^[\s,]+|[\s,]+$/g, '') : text;
}

function unstyled(text: string, style: StyleTemplate): string | undefined {
  if (text === styled('', style)) return '';
  const [before = '', after = ''] = style.prompt.split(PLACE);
  const isStyled =
    text.startsWith(before) && text.endsWith(after) && text.length > before.length + after.length;
  return isStyled ? text.slice(before.length, text.length - after.length) : undefined;
}

function withoutEnd(text: string, end: string): string {
  if (end === '' || !text.endsWith(end)) return text;
  return text.slice(0, text.length - end.length).replace(/, $/, '');
}
