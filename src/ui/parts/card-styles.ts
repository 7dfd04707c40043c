/** @file How a card of a list says what went wrong with it. */
import { css } from 'lit';

export const cardTroubleStyles = css`
  .trouble {
    display: grid;
    gap: var(--space-2);
    padding: var(--space-2) var(--space-3);
    border-inline-start: 3px solid var(--accent);
    border-radius: var(--radius-small);
    background: var(--accent-soft);
    font-size: var(--text-small);
    overflow-wrap: anywhere;
  }
`;
