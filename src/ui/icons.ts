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
