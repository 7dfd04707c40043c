/** @file How lists of things look that can be kept, used and thrown away: under a quiet heading, with lines in between. */
import { css } from 'lit';

export const listStyles = css`
  h3 {
    margin: 0;
    color: var(--text-muted);
    font-size: var(--text-small);
    font-weight: 500;
  }

  ul {
    margin: 0;
    padding: 0;
    list-style: none;
  }

  li + li {
    border-top: 1px solid var(--line);
  }

  .empty {
    margin-top: var(--space-2);
  }

  .outcome {
    padding: var(--space-2) var(--space-3);
    border-radius: var(--radius-small);
    background: var(--sunken);
    font-size: var(--text-small);
    overflow-wrap: anywhere;
  }

  .outcome:empty {
    display: none;
  }
`;
