/** @file What the page shows and says just now: texts, attributes that are read aloud, and what does not fit. */
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

/** What does not fit: a page or dialog that is wider than the window, and controls whose text is cut. */
export function misfits(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const wrong: string[] = [];
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) wrong.push(`the page is ${root.scrollWidth} pixels wide`);
    const look = (parent: Element | ShadowRoot): void => {
      for (const element of parent.children) {
        if (element.shadowRoot) look(element.shadowRoot);
        look(element);
        if (!element.checkVisibility({ visibilityProperty: true })) continue;
        const name = `${element.localName} “${element.textContent.replace(/\s+/g, ' ').trim().slice(0, 60)}”`;
        if (element.matches('dialog, [popover], .body') && element.scrollWidth > element.clientWidth)
          wrong.push(`${name} scrolls sideways`);
        if (!element.matches('button, summary, a')) continue;
        const range = document.createRange();
        range.selectNodeContents(element);
        const [text, box] = [range.getBoundingClientRect(), element.getBoundingClientRect()];
        const isCut =
          getComputedStyle(element).display !== 'inline' &&
          (text.left < box.left - 1 ||
            text.right > box.right + 1 ||
            text.top < box.top - 1 ||
            text.bottom > box.bottom + 1);
        if (isCut) wrong.push(`${name} is cut`);
      }
    };
    look(document.body);
    return wrong;
  });
}
