/** @file The languages of the product. Another one is a file beside these and a line in the table. */
import { en, type Messages } from './en/index.ts';
import { zhCN } from './zh-CN/index.ts';

export interface Language {
  /** Its own name, short enough for a switch. */
  readonly label: string;
  /** Of a user's preferred languages, BCP 47 tags, those that mean this one. */
  readonly tags: RegExp;
  readonly messages: Messages;
}

/** By BCP 47 tag; the first one is spoken where no other is wanted. */
export const LANGUAGES = {
  en: { label: 'EN', tags: /^en\b/i, messages: en },
  'zh-CN': { label: '中文', tags: /^zh\b/i, messages: zhCN },
} satisfies Record<string, Language>;
