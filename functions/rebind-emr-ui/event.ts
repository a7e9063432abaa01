/** Reads the fields that are used from the JSON of the trigger. */
import { fieldsAt, optionalFields, shown, textAt } from '../../shared/fields.ts';
import type { Scope } from './scope.ts';

const STATE_CHANGE = 'EMR Cluster State Change';

const SCHEDULED = 'Scheduled Event';

const dryRunOf = (value: unknown): boolean => {
  if (value !== undefined && typeof value !== 'boolean') {
    throw new Error(`Event field dryRun is neither true nor false: ${shown(value)}`);
  }
  return value === true;
};

/** @see https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-manage-cloudwatch-events.html */
const changedIn = (detail: unknown): NonNullable<Scope['changed']> => {
  const { clusterId, name } = fieldsAt(detail, 'detail');
  // A cluster's name may be blank.
  return { id: textAt(clusterId, 'detail.clusterId'), name: typeof name === 'string' ? name : '' };
};

/**
 * Reads the scope of an event: one cluster for a state change, all groups for a tick or an empty
 * event.
 *
 * Every event may contain `"dryRun": true`. The state in the event is not read, since the cluster
 * may have another by now: EMR is asked instead.
 *
 * @throws Error that names the field that is missing or wrong
 */
export const scopeOf = (event: unknown): Scope => {
  const fields = optionalFields(event);
  const isDry = dryRunOf(fields['dryRun']);
  const type = fields['detail-type'];
  if (type === undefined || type === SCHEDULED) {
    return { isDry };
  }
  if (type !== STATE_CHANGE) {
    throw new Error(`Event field detail-type is neither '${STATE_CHANGE}' nor '${SCHEDULED}': ${shown(type)}`);
  }
  return { changed: changedIn(fields['detail']), isDry };
};
