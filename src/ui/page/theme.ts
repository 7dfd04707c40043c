/**
 * @file The design tokens, set once on the document and inherited through every shadow root: a darkroom by
 * night, photographic paper by day, and the safelight as the one accent.
 */
import { css } from 'lit';

/** The document's style sheet. */
export const theme = css`
  :root {
    color-scheme: dark light;

    --ground: light-dark(#f7f4ef, #131110);
    --surface: light-dark(#fffdfa, #1c1917);
    --sunken: light-dark(#ece6dc, #0d0b0a);
    --line: light-dark(#ddd5c9, #332d2a);
    --line-strong: light-dark(#8c8177, #7d736c);
    --text: light-dark(#231e1a, #f1ece7);
    --text-muted: light-dark(#665c54, #aaa098);
    --accent: light-dark(#b03a16, #ff8055);
    --accent-hover: light-dark(#8f2d0e, #ff9b78);
    --on-accent: light-dark(#ffffff, #220d04);
    --accent-soft: light-dark(#f6e3da, #35201a);
    --shadow: 0 1px 2px light-dark(#231e1a14, #0006), 0 12px 32px light-dark(#231e1a1a, #0008);

    --radius: 10px;
    --radius-small: 6px;
    --space-1: 0.25rem;
    --space-2: 0.5rem;
    --space-3: 0.75rem;
    --space-4: 1rem;
    --space-6: 1.5rem;
    --space-8: 2rem;

    --font:
      system-ui, -apple-system, 'Segoe UI', Roboto, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC',
      sans-serif;
    --text-small: 0.8125rem;
    --text-normal: 0.9375rem;
    --text-large: 1.125rem;
    --quick: 140ms ease-out;

    background: var(--ground);
    color: var(--text);
    -webkit-text-size-adjust: 100%;
  }

  @media (prefers-reduced-motion: reduce) {
    :root {
      --quick: 0s;
    }
  }

  body {
    margin: 0;
    font: var(--text-normal) / 1.5 var(--font);
    min-width: 320px;
  }
`;
