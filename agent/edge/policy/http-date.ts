// HTTP dates to and from Unix milliseconds.
//
// All three forms that RFC 9110, 5.6.7 makes a recipient accept: IMF-fixdate, RFC 850 and asctime. Strict in shape (a
// date that is off in a digit or a dash is no date, so a response with it counts as stale), free in letter case, as
// RFC 9111, 4.2 asks of caches. The name of the weekday must be one but is not checked against the date: real servers
// get it wrong, and the date is unambiguous without it.
// Own calendar arithmetic, because the byte side knows no Date; days are counted as in Howard Hinnant's civil_from_days.

/** Milliseconds of one day. */
const DAY_MS = 86_400_000;
const MONTHS: readonly string[] = [
  'Jan',
  'Feb',
  'Mar',
  'Apr',
  'May',
  'Jun',
  'Jul',
  'Aug',
  'Sep',
  'Oct',
  'Nov',
  'Dec',
];
/** Day 0 of Unix time was a Thursday. */
const WEEKDAYS: readonly string[] = ['Thu', 'Fri', 'Sat', 'Sun', 'Mon', 'Tue', 'Wed'];
/** No HTTP date is longer: `Wednesday, 09-Nov-94 08:49:37 GMT` has 33 characters. */
const CHARS_MAX = 40;

const MONTH = MONTHS.join('|');
const SHORT_DAY = WEEKDAYS.join('|');
const TIME = '(\\d\\d):(\\d\\d):(\\d\\d)';
const IMF_FIXDATE = new RegExp(`^(?:${SHORT_DAY}), (\\d\\d) (${MONTH}) (\\d{4}) ${TIME} GMT$`, 'i');
const RFC_850 = new RegExp(
  `^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (\\d\\d)-(${MONTH})-(\\d\\d) ${TIME} GMT$`,
  'i',
);
const ASCTIME = new RegExp(`^(?:${SHORT_DAY}) (${MONTH}) ([ \\d]\\d) ${TIME} (\\d{4})$`, 'i');

/**
 * @param nowMs resolves the two-digit years of RFC 850: none is more than 50 years ahead
 * @returns Unix milliseconds, or undefined where the text is no HTTP-date
 */
export function parseHttpDate(text: string, nowMs: number): number | undefined {
  if (text.length > CHARS_MAX) return undefined;
  const fix = IMF_FIXDATE.exec(text);
  if (fix !== null) return instant(Number(fix[3]), fix[2], Number(fix[1]), fix.slice(4));
  const old = RFC_850.exec(text);
  if (old !== null) return instant(fullYear(Number(old[3]), nowMs), old[2], Number(old[1]), old.slice(4));
  const c = ASCTIME.exec(text);
  return c === null ? undefined : instant(Number(c[6]), c[1], Number(c[2]), c.slice(3, 6));
}

/** @returns IMF-fixdate, the only form that may be sent; parts of a second are dropped */
export function formatHttpDate(ms: number): string {
  const days = Math.floor(ms / DAY_MS);
  const seconds = Math.floor((ms - days * DAY_MS) / 1000);
  const { year, month, day } = civil(days);
  const time = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(two).join(':');
  const weekday = WEEKDAYS[((days % 7) + 7) % 7] ?? '';
  return `${weekday}, ${two(day)} ${MONTHS[month - 1] ?? ''} ${String(year).padStart(4, '0')} ${time} GMT`;
}

function instant(
  year: number,
  monthName: string | undefined,
  day: number,
  time: readonly (string | undefined)[],
): number | undefined {
  const month = MONTHS.findIndex((name) => name.toLowerCase() === monthName?.toLowerCase()) + 1;
  const [hour = 99, minute = 99, second = 99] = time.map(Number);
  // 60 is a leap second.
  if (hour > 23 || minute > 59 || second > 60 || day < 1) return undefined;
  const days = daysOf(year, month, day);
  // 31 February would come back as 2 or 3 March.
  if (civil(days).day !== day) return undefined;
  return days * DAY_MS + (hour * 3600 + minute * 60 + second) * 1000;
}

function fullYear(twoDigits: number, nowMs: number): number {
  const thisYear = civil(Math.floor(nowMs / DAY_MS)).year;
  const year = thisYear - (thisYear % 100) + twoDigits;
  return year > thisYear + 50 ? year - 100 : year;
}

/** Days since 1 January 1970. The year starts in March, so that the leap day is its last. */
function daysOf(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function civil(daysSinceEpoch: number): { year: number; month: number; day: number } {
  const z = daysSinceEpoch + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1;
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
