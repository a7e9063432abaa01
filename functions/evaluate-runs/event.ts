/** The trigger's JSON: the key of a run. */

import type { RunKey } from '../../shared/feeds/run-key.ts';
import { fieldsAt, optionalText, textAt } from '../../shared/fields.ts';

/**
 * Reads which run is evaluated.
 *
 * @throws Error that names the field that is missing or wrong
 */
export const runOf = (event: unknown): RunKey => {
  const fields = fieldsAt(event, '(all of it)');
  const date = optionalText(fields['date']);
  const values = Object.entries(fieldsAt(fields['values'], 'values')).map(
    ([name, value]) => [name, textAt(value, `values.${name}`)] as const,
  );
  return {
    feed: textAt(fields['feed'], 'feed'),
    ...(date === undefined ? {} : { date }),
    values: Object.fromEntries(values),
  };
};
