/** The kinds of alerts. */

/** `error` needs an action now, `warning` may become an error, `info` needs no action. */
export type Severity = 'error' | 'warning' | 'info';

type Kind = {
  readonly severity: Severity;
  /**
   * The kind of the closing message.
   *
   * @defaultValue the kind of the alert
   */
  readonly closesAs?: string;
};

/**
 * Every kind of alert. A message has its kind and severity as attributes, for the filters of
 * subscriptions.
 */
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
  'bucket-refused': { severity: 'error' },
  'runs-held': { severity: 'warning' },
  'dates-out-of-range': { severity: 'warning' },
  'feed-gone': { severity: 'warning' },
  'feed-paused': { severity: 'info' },
  'feed-late': { severity: 'warning', closesAs: 'feed-recovered' },
  'feed-recovered': { severity: 'info' },
} as const satisfies Readonly<Record<string, Kind>>;

export type AlertKind = keyof typeof KINDS;

/** Checks that a text is the name of a kind. */
export const isAlertKind = (text: string): text is AlertKind => Object.hasOwn(KINDS, text);

/** Finds the kind of the closing message of an alert. */
export const closingKindOf = (kind: AlertKind): AlertKind => {
  const definition = KINDS[kind];
  return 'closesAs' in definition ? definition.closesAs : kind;
};
