/** @file How the gallery is laid out: nearly as large as the window, on a phone as large. */
import { css } from 'lit';

export const galleryDialogStyles = css`
  dialog {
    width: min(84rem, calc(100vw - 2rem));
    height: min(60rem, calc(100dvh - 2rem));
  }

  .body {
    grid-template-columns: minmax(0, 1fr);
    align-content: stretch;
    grid-auto-rows: max-content;
    gap: var(--space-3);
  }

  .tools {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--space-2);
    font-size: var(--text-small);
  }

  .tools input[type='search'] {
    flex: 1 1 14rem;
    width: auto;
    min-width: 0;
  }

  .tools button {
    min-height: 2.25rem;
  }

  .tools button.chip {
    border-color: var(--line-strong);
  }

  .none {
    padding: var(--space-8) 0;
    text-align: center;
  }

  .foot {
    display: grid;
    gap: var(--space-2);
  }

  .choices {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: var(--space-1) var(--space-4);
  }

  .mark {
    display: inline-flex;
    align-items: center;
    gap: var(--space-2);
    min-height: 1.5rem;
    cursor: pointer;
  }

  .keys {
    display: flex;
    flex-wrap: wrap;
    gap: 0 var(--space-3);
  }

  .keys kbd {
    color: var(--text);
    font: inherit;
    font-weight: 600;
  }

  /* A picture takes what the window has left. */
  @media (min-width: 56.01rem) {
    .body:has(.view) {
      grid-auto-rows: auto;
      grid-template-rows: auto auto minmax(0, 1fr);
      overflow: hidden;
    }

    .body:has(.view) .outcome:empty {
      display: block;
      padding: 0;
    }
  }

  @media (max-width: 40rem) {
    dialog {
      width: 100vw;
      height: 100dvh;
    }

    .keys {
      display: none;
    }
  }

  @media (hover: none) {
    .keys {
      display: none;
    }
  }
`;
