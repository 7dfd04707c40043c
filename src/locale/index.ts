/**
 * @file The language of the product: which one is spoken, and its sentences. Knows no page and no storage, so
 * that the command line speaks through it too; the page hands in what it needs.
 */
import type { Notice } from '../engine/protocol/generate.ts';
import type { CapabilityId, CapabilityStates } from '../engine/device-report.ts';
import type { ErrorCode, ErrorDetails, PlainError } from '../error.ts';
import type { Messages } from './en/index.ts';
import { LANGUAGES, type Language } from './languages.ts';

export type Locale = keyof typeof LANGUAGES;
export type UiText = keyof Messages['ui'];

/** The values a text is built from; none for a plain one. */
export type UiTextValues<K extends UiText> = Messages['ui'][K] extends (...values: infer V) => string
  ? V
  : [];

const TABLE = Object.entries<Language>(LANGUAGES) as readonly [Locale, Language][];

/** Each language under its own name, short enough for a switch. */
export const LOCALES = TABLE.map(([locale, { label }]) => ({ locale, label }));

let current: Locale = 'en';
let spoken: Messages = LANGUAGES[current].messages;
const changes = new EventTarget();

/** The language spoken now. */
export function currentLocale(): Locale {
  return current;
}

/**
 * Speaks another language and tells everyone who listens.
 * @param messages other words than those of the language, such as the pseudo-language's
 */
export function setLocale(locale: Locale, messages: Messages = LANGUAGES[locale].messages): void {
  if (locale === current && messages === spoken) return;
  current = locale;
  spoken = messages;
  changes.dispatchEvent(new Event('change'));
}

/** Calls the listener after every change of language; the result stops that. */
export function onLocaleChange(listener: () => void): () => void {
  changes.addEventListener('change', listener);
  return () => changes.removeEventListener('change', listener);
}

/**
 * The language to begin with.
 * @param preferred BCP 47 tags, most wanted first (`navigator.languages`)
 * @param remembered what the user chose before, if anything
 */
export function detectLocale(preferred: readonly string[], remembered: string | null): Locale {
  if (remembered !== null && Object.hasOwn(LANGUAGES, remembered)) return remembered as Locale;
  for (const tag of preferred) {
    const spoken = TABLE.find(([, { tags }]) => tags.test(tag));
    if (spoken) return spoken[0];
  }
  return 'en';
}

/** What data hold for the language spoken now, by BCP 47 tag; else what is for all, `*`; else English. */
export function inLanguage<T>(data: Readonly<Record<string, T>>): T | undefined {
  const { tags } = LANGUAGES[current];
  const tag = Object.hasOwn(data, current) ? current : Object.keys(data).find((other) => tags.test(other));
  return data[tag ?? '*'] ?? data['en'];
}

/** A text of the page in the current language. */
export function translate<K extends UiText>(key: K, ...values: UiTextValues<K>): string {
  const text: unknown = spoken.ui[key];
  return typeof text === 'function'
    ? (text as (...values: UiTextValues<K>) => string)(...values)
    : (text as string);
}

/** What a part of the browser is called, and what follows from how it was found. */
export function capabilityText<C extends CapabilityId>(
  id: C,
  state: CapabilityStates[C],
): { readonly name: string; readonly meaning: string } {
  const { name, meanings } = spoken.capabilities[id];
  return { name, meaning: meanings[state] };
}

/** One line that says what went wrong and what to do. */
export function errorSentence(error: PlainError, locale?: Locale): string {
  const sentence = messagesOf(locale).errors[error.code] as (detail: ErrorDetails[ErrorCode]) => string;
  return sentence(tidy(error.detail));
}

/** One line for something the user should know. */
export function noticeSentence(notice: Notice, locale?: Locale): string {
  const sentence = messagesOf(locale).notices[notice.kind] as (notice: Notice) => string;
  return sentence(tidy(notice));
}

/** Those of a language, or what is spoken now. */
function messagesOf(locale: Locale | undefined): Messages {
  return locale === undefined ? spoken : LANGUAGES[locale].messages;
}

/** Values as they fit into a sentence: on one line, and a reason without a full stop of its own. */
function tidy<T extends object>(values: T): T {
  const entries = Object.entries(values).map(([name, value]: [string, unknown]) => {
    if (typeof value !== 'string') return [name, value];
    const line = value.replace(/\s+/g, ' ').trim();
    return [name, name === 'reason' ? line.replace(/[.。]+$/, '') : line];
  });
  return Object.fromEntries(entries) as T;
}
