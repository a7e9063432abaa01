/** Validates the names of time zones. */
import { closest } from './suggestion.ts';

/** Lists the problems of the name of a time zone. */
export const timeZoneProblems = (timeZone: string): string[] => {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
  } catch {
    const zone = closest(timeZone.replaceAll(' ', '_'), Intl.supportedValuesOf('timeZone'));
    return [`timeZone: "${timeZone}" is not an IANA time zone${zone === undefined ? '' : ` (did you mean ${zone}?)`}`];
  }
  // An offset is not a zone: where clocks are changed, it would be wrong for half of the year.
  return /^[A-Za-z]/.test(timeZone) ? [] : [`timeZone: "${timeZone}" is an offset: write an IANA time zone`];
};
