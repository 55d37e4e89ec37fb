/**
 * Days of a policies file: the texts that the pattern of a date lets pass and that no calendar has.
 */

/** Is true where a date or time such as 2027-02-28 or 2027-02-28T00:00:00Z exists: JavaScript takes the 31st of February for March. */
export function isDay(text: string): boolean {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})/.exec(text) ?? [];
  if (Number.isNaN(Date.parse(text))) return false;
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  return date.getUTCMonth() === Number(month) - 1;
}
