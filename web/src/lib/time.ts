/** "26 Nov 2026, 09:20:03" of an ISO time, in the zone of the browser. */
export function moment(iso: string, language: string): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return iso;
  return new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, {
    dateStyle: 'medium',
    timeStyle: 'medium',
  }).format(at);
}

/** "26 Nov 2026, 09:20:03 – 09:25:11": what both have in common is said once. */
export function span(first: string, last: string, language: string): string {
  const [from, to] = [new Date(first), new Date(last)];
  if (Number.isNaN(from.getTime()) || Number.isNaN(to.getTime())) return `${first} – ${last}`;
  const whole = moment(first, language);
  const end = moment(last, language);
  if (whole === end) return whole;
  const isSameDay = from.toDateString() === to.toDateString();
  const time = new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, { timeStyle: 'medium' });
  return `${whole} – ${isSameDay ? time.format(to) : end}`;
}

/** "09:20:03.123" of an ISO time, in the zone of the browser. */
export function clock(iso: string | null | undefined): string {
  const at = new Date(iso ?? '');
  if (Number.isNaN(at.getTime())) return '';
  const parts = [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => String(part).padStart(2, '0'));
  return `${parts.join(':')}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}

/** A sentence of the gateway, with its times as people read them. */
export const withLocalTimes = (text: string, language: string): string =>
  text.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, (iso) => moment(iso, language));

const UNITS: readonly [Intl.NumberFormatOptions['unit'] & string, number][] = [
  ['day', 86400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
];

/** "3 min", "2 hr": two of the smaller unit say more than one of the larger. */
export function duration(seconds: number, language: string): string {
  const [unit, length] = UNITS.find(([, size]) => seconds >= 2 * size) ?? ['second', 1];
  return new Intl.NumberFormat(language === 'en' ? 'en-GB' : language, {
    style: 'unit',
    unit,
    unitDisplay: 'short',
  }).format(Math.floor(Math.max(seconds, 0) / length));
}
