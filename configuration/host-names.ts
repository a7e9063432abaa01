/** Host names of user interfaces. */
import type { ClusterUi } from '../shared/clusters/uis.ts';

/** Makes a label of a name: what DNS does not take becomes `-`. */
const labelOf = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');

/**
 * Fills in `{ui}` and `{cluster}`.
 *
 * @returns a host name, which is legal if the template is and the labels are neither empty nor too long
 */
export const hostNameOf = (template: string, { cluster, ui }: ClusterUi): string =>
  template.replaceAll('{ui}', labelOf(ui)).replaceAll('{cluster}', labelOf(cluster));

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** What a rule's condition takes. https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html */
const MAX_LENGTH = 128;

/** Tells what is wrong with a host name; `undefined` when it is legal. */
export const hostNameProblem = (host: string): string | undefined => {
  const labels = host.split('.');
  const wrong = labels.find((label) => !LABEL.test(label));
  if (wrong !== undefined) {
    return `"${wrong}" in ${host} is no part of a host name: a-z, 0-9 and "-", at most 63 characters`;
  }
  if (!/\.[a-z]+$/.test(host)) {
    return `${host} is in no domain`;
  }
  return host.length > MAX_LENGTH ? `${host} has ${host.length} characters, and a rule takes ${MAX_LENGTH}` : undefined;
};
