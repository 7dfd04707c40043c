/** @file What the page shows and says just now: texts, and attributes that are read aloud. */
import type { Page } from '@playwright/test';

/** Attributes that people see or hear. */
const SHOWN = ['alt', 'title', 'placeholder', 'label', 'aria-label', 'aria-description', 'aria-valuetext'];

/** A piece of text, and the element it is of, for messages. */
export interface ShownText {
  readonly text: string;
  readonly place: string;
}

/** All of it, through shadow roots; text that follows text is one piece. Without what is not to be translated. */
export function shownTexts(page: Page): Promise<ShownText[]> {
  return page.evaluate((attributes) => {
    const found: ShownText[] = [{ text: document.title, place: 'title' }];
    const add = (text: string, element: Element, attribute = ''): void => {
      const host = (element.getRootNode() as ShadowRoot).host as Element | undefined;
      const place = `${host?.localName ?? ''} ${element.localName}${attribute && `[${attribute}]`}`;
      if (text.trim() !== '') found.push({ text: text.replace(/\s+/g, ' ').trim(), place });
    };
    const look = (element: Element): void => {
      if (element.matches('style, code, kbd, pre, [translate=no]')) return;
      const boxed = element.closest('select') ?? element;
      // What has no box of its own may hold what has.
      const isContents = getComputedStyle(boxed).display === 'contents';
      if (!isContents && !boxed.checkVisibility({ visibilityProperty: true })) return;
      for (const name of attributes) add(element.getAttribute(name) ?? '', element, name);
      let run = '';
      for (const child of (element.shadowRoot ?? element).childNodes) {
        if (child instanceof Text) run += child.data;
        else if (child instanceof Element) {
          add(run, element);
          run = '';
          look(child);
        }
      }
      add(run, element);
      // What is given to the slots of a shadow root is shown, too.
      if (element.shadowRoot) for (const child of element.children) look(child);
    };
    look(document.body);
    return found;
  }, SHOWN);
}
