/** @file What of the page cannot be seen whole, because there is no room for it. */
import type { Page } from '@playwright/test';

/** A line for each, through shadow roots: what reaches beyond the window, is cut off, or has to be scrolled sideways for. */
export function misfits(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [];

    /** What scrolls, and what is for screen readers alone, may hold more than it shows. */
    const mayLeave = (element: Element): boolean => {
      for (let place: Node | null = element; place;) {
        if (place instanceof Element) {
          const { clipPath, overflowX } = getComputedStyle(place);
          if (clipPath !== 'none' || (place !== element && /auto|scroll/.test(overflowX))) return true;
        }
        place = place instanceof ShadowRoot ? place.host : place.parentNode;
      }
      return false;
    };

    const hasText = ({ childNodes }: Element): boolean =>
      [...childNodes].some((node) => node instanceof Text && node.data.trim() !== '');

    const isBeyond = (element: Element): boolean => {
      const { left, right } = element.getBoundingClientRect();
      const isSeen =
        hasText(element) || element.matches('button, input, select, textarea, summary, img, canvas');
      return isSeen && (left < -1 || right > innerWidth + 1);
    };

    const isCut = (element: Element): boolean => {
      const { overflowX, overflowY, textOverflow, webkitLineClamp } = getComputedStyle(element);
      const isEnding = textOverflow === 'ellipsis' || webkitLineClamp !== 'none';
      const { scrollWidth, clientWidth, scrollHeight, clientHeight } = element;
      const isHidden =
        (overflowX === 'hidden' && scrollWidth > clientWidth + 1) ||
        (overflowY === 'hidden' && scrollHeight > clientHeight + 1);
      return isHidden && !isEnding;
    };

    /** Whether a control's words reach out of its box. */
    const isOverfull = (element: Element): boolean => {
      if (!element.matches('button, summary, a') || getComputedStyle(element).display === 'inline')
        return false;
      const range = document.createRange();
      range.selectNodeContents(element);
      const [text, box] = [range.getBoundingClientRect(), element.getBoundingClientRect()];
      return (
        text.left < box.left - 1 ||
        text.right > box.right + 1 ||
        text.top < box.top - 1 ||
        text.bottom > box.bottom + 1
      );
    };

    const faultOf = (element: Element): string | undefined => {
      const scrollsSideways = element.scrollWidth > element.clientWidth;
      if (element.matches('dialog, [popover], .body') && scrollsSideways) return 'scrolls sideways';
      if (isOverfull(element)) return 'is too full';
      if (isBeyond(element) && !mayLeave(element)) return 'reaches beyond the window';
      if (isCut(element) && !mayLeave(element)) return 'is cut off';
      return undefined;
    };

    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) found.push(`the page is ${scrollWidth} px wide`);
    const roots: ParentNode[] = [document];
    for (let root = roots.pop(); root; root = roots.pop())
      for (const element of root.querySelectorAll('*')) {
        if (element.shadowRoot) roots.push(element.shadowRoot);
        if (!element.checkVisibility({ visibilityProperty: true })) continue;
        const fault = faultOf(element);
        const words = element.textContent.replace(/\s+/g, ' ').trim().slice(0, 60);
        if (fault !== undefined) found.push(`${element.localName}.${element.className} “${words}” ${fault}`);
      }
    return found;
  });
}
