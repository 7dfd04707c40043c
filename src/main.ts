/**
 * @file Boot: the engine, its scripting interface, the language, and the page. With `?headless` in the address
 * only the scripting interface is there; the command line drives it.
 */
import { createEngineClient } from './engine/client.ts';
import { currentLocale, detectLocale, onLocaleChange, setLocale, translate } from './locale/index.ts';
import { EmulsionApp } from './ui/app.ts';
import { readPreference, writePreference } from './ui/preferences.ts';
import { createScripting } from './ui/scripting.ts';
import { theme } from './ui/theme.ts';

const LOCALE_PREFERENCE = 'locale';

const engine = createEngineClient();
globalThis.emulsion = createScripting(engine);

setLocale(detectLocale(navigator.languages, readPreference(LOCALE_PREFERENCE)));
document.documentElement.lang = currentLocale();
onLocaleChange(() => {
  document.documentElement.lang = currentLocale();
  writePreference(LOCALE_PREFERENCE, currentLocale());
});

if (theme.styleSheet) document.adoptedStyleSheets.push(theme.styleSheet);
if (new URLSearchParams(location.search).has('headless')) {
  document.body.textContent = translate('headlessNote');
} else {
  const app = new EmulsionApp();
  app.engine = engine;
  document.body.append(app);
}
