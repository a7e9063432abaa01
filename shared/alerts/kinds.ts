/** What people are told about. */

/** How urgently a person should look: `error` has to be acted on, `warning` may turn into one, `info` is good to know. */
export type Severity = 'error' | 'warning' | 'info';

type Kind = {
  readonly severity: Severity;
  /** The kind that the closing message has; its own where it is left out. */
  readonly closesAs?: string;
};

/** Every kind of alert. A message carries its kind and severity as attributes, so that subscriptions can filter by them. */
export const KINDS = {
  'job-failed': { severity: 'error' },
  'job-succeeded': { severity: 'info' },
  'job-started': { severity: 'info' },
  'queue-blocked': { severity: 'error', closesAs: 'queue-unblocked' },
  'queue-unblocked': { severity: 'info' },
  'job-unplaceable': { severity: 'error' },
  'submit-refused': { severity: 'error' },
  'claim-lost': { severity: 'error' },
  'file-overwritten': { severity: 'warning' },
  'feed-late': { severity: 'warning', closesAs: 'feed-recovered' },
  'feed-recovered': { severity: 'info' },
} as const satisfies Readonly<Record<string, Kind>>;

export type AlertKind = keyof typeof KINDS;

/** Tells whether a text names a kind. */
export const isAlertKind = (text: string): text is AlertKind => Object.hasOwn(KINDS, text);

/** Names the kind that the closing message of an alert has, whose severity is then that of good news. */
export const closingKindOf = (kind: AlertKind): AlertKind => {
  const definition = KINDS[kind];
  return 'closesAs' in definition ? definition.closesAs : kind;
};
