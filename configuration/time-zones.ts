import { closest } from './suggestion.ts';

/** Lists what is wrong with the name of a time zone. */
export const timeZoneProblems = (timeZone: string): string[] => {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
  } catch {
    const zone = closest(timeZone.replaceAll(' ', '_'), Intl.supportedValuesOf('timeZone'));
    return [`timeZone: "${timeZone}" is no IANA time zone${zone === undefined ? '' : ` (did you mean ${zone}?)`}`];
  }
  // An offset names no zone: it would be wrong for half of the year wherever clocks are changed.
  return /^[A-Za-z]/.test(timeZone) ? [] : [`timeZone: "${timeZone}" is an offset, name the IANA time zone`];
};
