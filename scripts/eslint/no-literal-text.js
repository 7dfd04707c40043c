/**
 * @file ESLint rule for templates of the page: what people read or hear comes from `src/locale`. It finds words between the
 * tags of an `html` template and in the attributes that are shown or read aloud, also as literals in `${…}`.
 */

/** Names, units and keys, the same in every language. */
const NAMES = /Emulsion|WebGPU|WASM|PNG|https|MB|Esc/g;
/** Two letters make a word; one alone is a unit or a key. Of Chinese, one is enough. */
const WORD = /\p{L}{2}|\p{Script=Han}/u;
const SHOWN = /^(alt|title|placeholder|aria-(label|description|placeholder|roledescription|valuetext))$/;
/** Stands for `${…}` where the template is looked at as a whole; more than one of them have it in a row. */
const HOLE = '\uFFFC';
/** A comment, an element without text, a tag, or text. */
const PIECES = /<!--[^]*?-->|<style[^]*?<\/style>|<\/?[a-z](?:"[^"]*"|'[^']*'|[^>"'])*>|[^<]+/gi;
const ATTRIBUTES = /([a-z-]+)=("[^"]*"|'[^']*'|[^\s>"']+)/gi;

/** @type {import('eslint').Rule.RuleModule} */
export const noLiteralText = {
  meta: {
    type: 'problem',
    schema: [],
    messages: { literal: 'The text “{{text}}” is in one language only; give it a key in src/locale.' },
  },
  create: (context) => ({
    'TaggedTemplateExpression[tag.name=html]'({ quasi }) {
      const report = (text, node) => {
        if (WORD.test(text.replace(NAMES, '').replace(/&\w+;/g, '')))
          context.report({ node, messageId: 'literal', data: { text: text.replaceAll(HOLE, '…').trim() } });
      };
      let next = 0;
      for (const { text, isShown } of textsOf(quasi.quasis.map(({ value }) => value.raw).join(HOLE))) {
        if (isShown) report(text, quasi);
        const first = next;
        next += text.split(HOLE).length - 1;
        const literals = quasi.expressions.slice(first, next).flatMap(literalsOf);
        if (isShown) literals.forEach((literal) => report(literal.text, literal.node));
      }
    },
  }),
};

/** All of a template in its order, in parts, and which of them people read. */
function* textsOf(template) {
  for (const [piece] of template.matchAll(PIECES)) {
    if (!piece.startsWith('<')) {
      yield { text: piece, isShown: true };
      continue;
    }
    let rest = 0;
    for (const { 0: attribute, 1: name, 2: value, index } of piece.matchAll(ATTRIBUTES)) {
      yield { text: piece.slice(rest, index), isShown: false };
      yield { text: value, isShown: SHOWN.test(name) };
      rest = index + attribute.length;
    }
    yield { text: piece.slice(rest), isShown: false };
  }
}

/** The literals that an expression may come to. */
function literalsOf(expression) {
  switch (expression?.type) {
    case 'Literal':
      return typeof expression.value === 'string' ? [{ text: expression.value, node: expression }] : [];
    case 'TemplateLiteral':
      return expression.quasis.map((node) => ({ text: node.value.raw, node }));
    case 'ConditionalExpression':
      return [...literalsOf(expression.consequent), ...literalsOf(expression.alternate)];
    case 'LogicalExpression':
      return [...literalsOf(expression.left), ...literalsOf(expression.right)];
    default:
      return [];
  }
}
