/** @file What the reports of measurements have in common: their two files, and how the page looks, in light and dark. */
import path from 'node:path';
import { writeOutputs } from './headless/outputs.ts';

/** Writes the report as data and as a page. */
export async function writeReport(folder: string, report: object, page: string): Promise<void> {
  const texts = { 'report.json': `${JSON.stringify(report, null, 2)}\n`, 'report.html': page };
  await writeOutputs(
    Object.entries(texts).map(([name, text]) => {
      const file = path.join(folder, name);
      return { name: file, file, bytes: Buffer.from(text) };
    }),
  );
}

/** Text, where HTML is expected. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/**
 * A report as a page that needs nothing besides itself.
 * @param content HTML, below the heading
 * @param style added to what all reports have
 */
export function htmlPage(heading: string, model: string, content: string, style = ''): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(`${heading}: ${model}`)}</title>
<style>${PAGE_STYLE}${style}</style>
</head>
<body>
<main>
<h1>${escapeHtml(heading)}</h1>
${content}
</main>
</body>
</html>
`;
}

const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#f7f4ef, #131110);
  --surface: light-dark(#fffdfa, #1c1917);
  --line: light-dark(#ddd5c9, #332d2a);
  --text: light-dark(#231e1a, #f1ece7);
  --muted: light-dark(#665c54, #aaa098);
  --good: light-dark(#2b6a45, #7cc797);
  --bad: light-dark(#a8261a, #ff8f7d);
  background: var(--ground);
  color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'PingFang SC', 'Noto Sans CJK SC', sans-serif;
}
body { margin: 0; }
main { max-width: 80rem; margin: 0 auto; padding: 2rem 1rem 4rem; }
h1 { margin: 0; font-size: 1.6rem; letter-spacing: -0.01em; }
h2 { margin: 2rem 0 0.5rem; font-size: 1.1rem; }
h3 { margin: 0 0 0.5rem; font-size: 1rem; font-weight: 600; }
p { margin: 0.25rem 0; }
.muted { color: var(--muted); font-weight: 400; }
.bars ul { display: grid; gap: 1px; margin: 0; padding: 0; border: 1px solid var(--line); border-radius: 8px;
  overflow: hidden; background: var(--line); list-style: none; }
.bars li { display: grid; grid-template-columns: 8rem 1fr auto 7rem; gap: 1rem; align-items: baseline;
  padding: 0.5rem 1rem; background: var(--surface); font-variant-numeric: tabular-nums; }
.bars .muted { text-align: end; }
.mark { font-weight: 600; }
.holds .mark { color: var(--good); }
.fails .mark, .fault { color: var(--bad); }
.fault { display: block; }
.note { margin: 1rem 0; padding: 0.75rem 1rem; border-inline-start: 3px solid var(--bad); background: var(--surface); }
.table { overflow-x: auto; border: 1px solid var(--line); border-radius: 8px; background: var(--surface); }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 0.4rem 0.75rem; text-align: end; white-space: nowrap; }
th:first-child { text-align: start; }
thead th { color: var(--muted); font-size: 0.8125rem; font-weight: 500; }
tbody tr { border-top: 1px solid var(--line); }
tbody th { font-weight: 500; }
details { margin: 1rem 0; color: var(--muted); }
summary { cursor: pointer; }
dl { display: grid; grid-template-columns: auto 1fr; gap: 0.25rem 1rem; }
dt { color: var(--text); }
dd { margin: 0; }
.round { margin: 0 0 1.5rem; padding-top: 1rem; border-top: 1px solid var(--line); }
.side-by-side { display: flex; gap: 1rem; overflow-x: auto; }
figure { flex: none; margin: 0; }
img { display: block; border-radius: 4px; }
figcaption { margin-top: 0.25rem; color: var(--muted); font-size: 0.8125rem; font-variant-numeric: tabular-nums; }
@media (max-width: 40rem) {
  .bars li { grid-template-columns: 1fr auto; gap: 0 1rem; }
  dl { grid-template-columns: 1fr; }
  dd { margin-bottom: 0.5rem; }
}
`;
