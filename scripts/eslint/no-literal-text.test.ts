import { Linter, type Rule } from 'eslint';
import { expect, it } from 'vitest';

/** Written in JavaScript, because ESLint reads its settings without a compiler. */
const RULE = new URL('no-literal-text.js', import.meta.url).href;
const { noLiteralText } = (await import(RULE)) as { noLiteralText: Rule.RuleModule };

/** The literals that are found in a template. */
function literalsIn(template: string): string[] {
  const messages = new Linter().verify(`html\`${template}\`;`, {
    plugins: { emulsion: { rules: { 'no-literal-text': noLiteralText } } },
    rules: { 'emulsion/no-literal-text': 'error' },
  });
  return messages.map(({ message }) => /“(.*)”/.exec(message)?.[1] ?? message);
}

it.each([
  ['<p>Some text</p>', 'Some text'],
  ['<p>${count} pictures</p>', '… pictures'],
  ['${count} pictures', '… pictures'],
  ['<b class="a>b">图</b>', '图'],
  ['<button aria-label="Close" class="icon"></button>', '"Close"'],
  ['<img class=${name} alt="A picture of ${subject}">', '"A picture of …"'],
  ["<p class=${isOn ? 'on' : 'off'}>${isOn ? 'Running' : ''}</p>", 'Running'],
  ["<p>${label ?? 'No label'}</p>", 'No label'],
  ['<p>${`about ${time}`}</p>', 'about'],
  ["<input placeholder=${'Your prompt'}>", 'Your prompt'],
])('finds words in %s', (template, literal) => {
  expect(literalsIn(template)).toEqual([literal]);
});

it.each([
  '<p class="hint" style="width: ${share}%; height: ${share}%" @click=${() => act(\'name\')}>${translate(\'key\')}</p>',
  '<h1>${mark}Emulsion</h1><p>${width} × ${height} · PNG</p><!-- a comment --><i>&nbsp;s</i>',
  "<a href=\"https://example.org\" ?hidden=${kind === 'other'} .mode=${'words'}>${html`${one} · ${two}`}</a>",
  '<style>p { color: red; }</style>',
])('leaves %s alone', (template) => {
  expect(literalsIn(template)).toEqual([]);
});
