/** The trigger's JSON, read down to the fields that are used. */
import { fieldsAt, optionalFields, shown, textAt } from '../../shared/fields.ts';
import type { Scope } from './rebind-groups.ts';

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
 * Reads what an event is about: a state change is about one cluster, a tick and an event without anything about all.
 *
 * Any of them may say `"dryRun": true`. What state a cluster has is not read: it may have another by now, so EMR is asked.
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
