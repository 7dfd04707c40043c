/**
 * @file Boot: the engine, its scripting interface, the language, the page, and the service worker that keeps it for
 * visits without a network. With `?headless` in the address only the scripting interface is there; the command line
 * drives it.
 */
import { createEngineClient } from './engine/client.ts';
import { currentLocale, detectLocale, onLocaleChange, setLocale, translate } from './locale/index.ts';
import serviceWorker from './offline/service-worker.ts?worker&url';
import { OfflineSite } from './offline/offline-site.ts';
import { EmulsionApp } from './ui/app.ts';
import { rememberedLanguage } from './ui/page/language-switch.ts';
import { createScripting } from './ui/page/scripting.ts';
import { theme } from './ui/page/theme.ts';

const engine = createEngineClient();
globalThis.emulsion = createScripting(engine);

setLocale(detectLocale(navigator.languages, rememberedLanguage()));
document.documentElement.lang = currentLocale();
onLocaleChange(() => (document.documentElement.lang = currentLocale()));

if (theme.styleSheet) document.adoptedStyleSheets.push(theme.styleSheet);
const address = new URLSearchParams(location.search);
// For developers, see docs/languages.md.
if (address.get('language') === 'pseudo')
  void import('./locale/pseudo.ts').then(({ pseudo }) => setLocale('en', pseudo));
if (address.has('headless')) {
  document.body.textContent = translate('headlessNote');
} else {
  const app = new EmulsionApp();
  app.engine = engine;
  document.body.append(app);
  if (import.meta.env.PROD) app.offlineSite = keepSite();
}

/** Keeps the site for visits without a network. The page's own files go first. */
function keepSite(): OfflineSite {
  const site = new OfflineSite(() => location.reload());
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  addEventListener('load', () => void site.start(workers, serviceWorker), { once: true });
  return site;
}
