/** @file The few drawings of the page, on a 20×20 grid; the words beside them or on the button say the rest. */
import { svg } from 'lit';

export const diceIcon = svg`<svg viewBox="0 0 20 20" aria-hidden="true">
  <rect x="3" y="3" width="14" height="14" rx="3" />
  <path d="M7 7h.01M13 7h.01M10 10h.01M7 13h.01M13 13h.01" stroke-width="2.2" />
</svg>`;

export const downloadIcon = svg`<svg viewBox="0 0 20 20" aria-hidden="true">
  <path d="M10 3v9m-4-3.5 4 4 4-4M4 16.5h12" />
</svg>`;

export const closeIcon = svg`<svg viewBox="0 0 20 20" aria-hidden="true">
  <path d="m5 5 10 10M15 5 5 15" />
</svg>`;

export const arrowUpIcon = svg`<svg viewBox="0 0 20 20" aria-hidden="true">
  <path d="M10 16V4m-5 5 5-5 5 5" />
</svg>`;

export const arrowDownIcon = svg`<svg viewBox="0 0 20 20" aria-hidden="true">
  <path d="M10 4v12m-5-5 5 5 5-5" />
</svg>`;

export const arrowLeftIcon = svg`<svg viewBox="0 0 20 20" aria-hidden="true">
  <path d="M16 10H4m5-5-5 5 5 5" />
</svg>`;

export const arrowRightIcon = svg`<svg viewBox="0 0 20 20" aria-hidden="true">
  <path d="M4 10h12m-5-5 5 5-5 5" />
</svg>`;

export const starIcon = svg`<svg viewBox="0 0 20 20" aria-hidden="true" class="star">
  <path d="m10 3 2.1 4.5 4.9.6-3.6 3.4.9 4.9L10 14l-4.3 2.4.9-4.9L3 8.1l4.9-.6z" />
</svg>`;

export const binIcon = svg`<svg viewBox="0 0 20 20" aria-hidden="true">
  <path d="M4 5.5h12M8 5.5V4h4v1.5M5.5 5.5l.7 10.5h7.6l.7-10.5M8.5 8.5v4.5M11.5 8.5v4.5" />
</svg>`;

export const historyIcon = svg`<svg viewBox="0 0 20 20" aria-hidden="true">
  <path d="M3.5 10a6.5 6.5 0 1 0 2-4.7L3.5 7.2m0-4v4h4M10 6.2V10l2.7 1.8" />
</svg>`;

export const helpIcon = svg`<svg viewBox="0 0 20 20" aria-hidden="true">
  <circle cx="10" cy="10" r="7.5" />
  <path d="M7.9 8a2.1 2.1 0 1 1 3 2c-.6.3-.9.7-.9 1.4m0 2.3v.1" />
</svg>`;

/** A sheet of paper with a developing edge: the mark of the product. */
export const mark = svg`<svg viewBox="0 0 20 20" aria-hidden="true" class="mark">
  <path d="M3 2.5h14v10.7a4.3 4.3 0 0 1-4.3 4.3H3z" />
  <path d="M3 11.2c2.4-2.3 4.4-2.3 7 0s4.6 2.3 7 .1" />
</svg>`;

export const lockIcon = svg`<svg viewBox="0 0 20 20" aria-hidden="true">
  <rect x="4.5" y="9" width="11" height="8" rx="1.5" />
  <path d="M7 9V6.5a3 3 0 0 1 6 0V9" />
</svg>`;

export const unlockIcon = svg`<svg viewBox="0 0 20 20" aria-hidden="true">
  <rect x="4.5" y="9" width="11" height="8" rx="1.5" />
  <path d="M7 9V6a3 3 0 0 1 5.8-1" />
</svg>`;

export const swapIcon = svg`<svg viewBox="0 0 20 20" aria-hidden="true">
  <path d="M4 7h12m-3.5-3.5L16 7l-3.5 3.5M16 13H4m3.5-3.5L4 13l3.5 3.5" />
</svg>`;
