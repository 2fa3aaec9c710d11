/**
 * What the page says in each language, and how it writes times. A taxonomy of one's own needs its
 * names here; a section or region that is missing is shown by its slug.
 *
 * @typedef {"en"|"es"|"ar"} Edition
 * @typedef {"title"|"breaking"|"editions"|"all"|"skip"|"live"|"connecting"|"reconnecting"|"offline"
 *   |"back"|"stopped"|"previous"|"next"|"pause"|"resume"|"fresh"|"emptyTitle"|"emptyText"|"now"
 *   |"pinned"|"corrected"|"source"|"more"|"newest"|"flash"|"bulletin"|"urgent"|"developing"
 *   |"attributed"|"place"} Phrase
 *
 * @typedef {object} Language
 * @property {string} name
 * @property {"ltr"|"rtl"} dir
 * @property {string} locale For numbers and times; Arabic newsrooms mostly write 1, 2, 3.
 * @property {Record<Phrase, string>} say
 * @property {Record<string, string>} topics Sections and regions.
 */

/** @type {Record<Edition, Language>} */
export const LANGUAGES = {
  en: {
    name: "English",
    dir: "ltr",
    locale: "en-GB",
    say: {
      title: "Breaking news",
      breaking: "Breaking",
      editions: "Edition",
      all: "All editions",
      skip: "Skip to the latest lines",
      live: "Live",
      connecting: "Connecting",
      reconnecting: "Reconnecting",
      offline: "Offline since {time}",
      back: "Live again",
      stopped: "Stopped: {why}",
      previous: "Previous line",
      next: "Next line",
      pause: "Pause",
      resume: "Resume",
      fresh: "New lines: {n}",
      emptyTitle: "All quiet",
      emptyText: "The next line appears here the moment it is published.",
      now: "now",
      pinned: "Pinned",
      corrected: "Corrected",
      source: "Source: {name}",
      more: "New alerts: {n}. Latest: {line}",
      newest: "{level}: {line}",
      flash: "Flash",
      bulletin: "Bulletin",
      urgent: "Urgent",
      developing: "Developing",
      attributed: "Attributed",
      place: "{at} / {of}",
    },
    topics: {
      politics: "Politics",
      economy: "Economy",
      sports: "Sports",
      "arts-culture": "Arts & Culture",
      health: "Health",
      miscellaneous: "Miscellaneous",
      technology: "Technology",
      environment: "Environment",
      africa: "Africa",
      asia: "Asia",
      "asia-pacific": "Asia-Pacific",
      europe: "Europe",
      "latin-america": "Latin America",
      mena: "MENA",
      palestine: "Palestine",
      "us-canada": "US & Canada",
    },
  },
  es: {
    name: "Español",
    dir: "ltr",
    locale: "es",
    say: {
      title: "Última hora",
      breaking: "Última hora",
      editions: "Edición",
      all: "Todas las ediciones",
      skip: "Ir a las últimas noticias",
      live: "En directo",
      connecting: "Conectando",
      reconnecting: "Reconectando",
      offline: "Sin conexión desde las {time}",
      back: "De nuevo en directo",
      stopped: "Detenido: {why}",
      previous: "Noticia anterior",
      next: "Noticia siguiente",
      pause: "Pausar",
      resume: "Reanudar",
      fresh: "Noticias nuevas: {n}",
      emptyTitle: "Sin novedades",
      emptyText: "La próxima noticia aparecerá aquí en cuanto se publique.",
      now: "ahora",
      pinned: "Fijado",
      corrected: "Corregido",
      source: "Fuente: {name}",
      more: "Alertas nuevas: {n}. La última: {line}",
      newest: "{level}: {line}",
      flash: "Flash",
      bulletin: "Boletín",
      urgent: "Urgente",
      developing: "En desarrollo",
      attributed: "Según la fuente",
      place: "{at} / {of}",
    },
    topics: {
      politics: "Política",
      economy: "Economía",
      sports: "Deportes",
      "arts-culture": "Arte y cultura",
      health: "Salud",
      miscellaneous: "Miscelánea",
      technology: "Tecnología",
      environment: "Medioambiente",
      africa: "África",
      asia: "Asia",
      "asia-pacific": "Asia-Pacífico",
      europe: "Europa",
      "latin-america": "América Latina",
      mena: "Oriente Medio y norte de África",
      palestine: "Palestina",
      "us-canada": "EE. UU. y Canadá",
    },
  },
  ar: {
    name: "العربية",
    dir: "rtl",
    locale: "ar-u-nu-latn",
    say: {
      title: "أخبار عاجلة",
      breaking: "عاجل",
      editions: "النسخة",
      all: "كل النسخ",
      skip: "انتقل إلى آخر الأخبار",
      live: "مباشر",
      connecting: "جارٍ الاتصال",
      reconnecting: "جارٍ إعادة الاتصال",
      offline: "الاتصال مقطوع منذ {time}",
      back: "عاد البث المباشر",
      stopped: "توقّف: {why}",
      previous: "الخبر السابق",
      next: "الخبر التالي",
      pause: "إيقاف مؤقت",
      resume: "استئناف",
      fresh: "أخبار جديدة: {n}",
      emptyTitle: "لا جديد الآن",
      emptyText: "يظهر الخبر التالي هنا لحظة نشره.",
      now: "الآن",
      pinned: "مثبّت",
      corrected: "تصحيح",
      source: "المصدر: {name}",
      more: "تنبيهات جديدة: {n}. آخرها: {line}",
      newest: "{level}: {line}",
      flash: "عاجل جداً",
      bulletin: "خبر عاجل",
      urgent: "عاجل",
      developing: "خبر قيد التطوّر",
      attributed: "بحسب المصدر",
      place: "{at} من {of}",
    },
    topics: {
      politics: "سياسة",
      economy: "اقتصاد",
      sports: "رياضة",
      "arts-culture": "ثقافة وفنون",
      health: "صحة",
      miscellaneous: "منوّعات",
      technology: "تكنولوجيا",
      environment: "بيئة",
      africa: "أفريقيا",
      asia: "آسيا",
      "asia-pacific": "آسيا والمحيط الهادئ",
      europe: "أوروبا",
      "latin-america": "أميركا اللاتينية",
      mena: "الشرق الأوسط وشمال أفريقيا",
      palestine: "فلسطين",
      "us-canada": "الولايات المتحدة وكندا",
    },
  },
};

/** @type {Edition[]} */
export const EDITIONS = ["en", "es", "ar"];

/** @param {unknown} name @returns {name is Edition} */
export function isEdition(name) {
  return typeof name === "string" && Object.hasOwn(LANGUAGES, name);
}

/**
 * The phrase in the language of `edition`, its `{holes}` filled.
 *
 * @param {Edition} edition
 * @param {Phrase} phrase
 * @param {Record<string, string|number>} [values]
 */
export function say(edition, phrase, values = {}) {
  return LANGUAGES[edition].say[phrase].replace(/\{(\w+)\}/g, (_, hole) => String(values[hole]));
}

/** @param {Edition} edition @param {string} slug */
export function topic(edition, slug) {
  const words = slug.replaceAll("-", " ");
  return LANGUAGES[edition].topics[slug] ?? words[0]?.toUpperCase() + words.slice(1);
}

/**
 * One formatter for each edition and style: making one costs far more than using it.
 *
 * @template T
 * @param {(locale: string) => T} make
 * @returns {(edition: Edition) => T}
 */
function formatter(make) {
  /** @type {Map<Edition, T>} */
  const made = new Map();
  return (edition) => {
    let format = made.get(edition);
    if (!format) made.set(edition, (format = make(LANGUAGES[edition].locale)));
    return format;
  };
}

const relative = formatter((locale) => new Intl.RelativeTimeFormat(locale, { style: "short" }));
const clock = formatter(
  (locale) => new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hour12: false }),
);
const day = formatter(
  (locale) =>
    new Intl.DateTimeFormat(locale, {
      day: "numeric",
      month: "short",
      hour: "2-digit",
      minute: "2-digit",
      hour12: false,
    }),
);
const whole = formatter(
  (locale) => new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "long" }),
);
const today = formatter(
  (locale) =>
    new Intl.DateTimeFormat(locale, {
      weekday: "long",
      day: "numeric",
      month: "long",
      year: "numeric",
    }),
);

/**
 * How long ago `at` was, seen from `now` (both ms): minutes, then hours, after a day the date.
 *
 * @param {Edition} edition
 * @param {number} at
 * @param {number} now
 */
export function ago(edition, at, now) {
  const minutes = Math.floor((now - at) / 60_000);
  if (minutes < 1) return say(edition, "now"); // also when this clock is behind the newsroom's
  if (minutes < 60) return relative(edition).format(-minutes, "minute");
  if (minutes < 1_440) return relative(edition).format(-Math.floor(minutes / 60), "hour");
  return day(edition).format(at);
}

/** @param {Edition} edition @param {number} at */
export const clockTime = (edition, at) => clock(edition).format(at);
/** @param {Edition} edition @param {number} at */
export const fullTime = (edition, at) => whole(edition).format(at);
/** @param {Edition} edition @param {number} at */
export const date = (edition, at) => today(edition).format(at);
