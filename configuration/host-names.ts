/** Host names of user interfaces. */
import type { ClusterUi } from '../shared/clusters/uis.ts';

/** Makes a label of a name: characters that DNS does not allow become `-`. */
const labelOf = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');

/**
 * Fills in `{ui}` and `{cluster}`.
 *
 * @returns A host name. It can be illegal: the template can be wrong, or a label empty or too long.
 */
export const hostNameOf = (template: string, { cluster, ui }: ClusterUi): string =>
  template.replaceAll('{ui}', labelOf(ui)).replaceAll('{cluster}', labelOf(cluster));

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * The longest host name in the condition of a rule.
 *
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html
 */
const MAX_LENGTH = 128;

/** Describes the problem of a host name; `undefined` when it has none. */
export const hostNameProblem = (host: string): string | undefined => {
  const labels = host.split('.');
  const wrong = labels.find((label) => !LABEL.test(label));
  if (wrong !== undefined) {
    return `"${wrong}" in ${host} is not a label of a host name: a-z, 0-9 and "-", at most 63 characters`;
  }
  if (!/\.[a-z]+$/.test(host)) {
    return `${host} has no domain`;
  }
  return host.length > MAX_LENGTH
    ? `${host} has ${host.length} characters, and a rule allows ${MAX_LENGTH}`
    : undefined;
};
