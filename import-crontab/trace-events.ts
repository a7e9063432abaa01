/** The events of a cron line, each with the condition under which it happens. */
import type { Formula, Place } from './formula.ts';
import type { KnownText } from './known-text.ts';
import type { Step } from './shell-steps.ts';

/**
 * How much a command matters.
 *
 * - `none`: it changes nothing: `echo`, `date`.
 * - `minor`: it tidies up or tells people: `rm`, `mkdir`, `mail`.
 * - `answer`: its output or result is all that is used.
 * - `upkeep`: it moves files.
 * - `work`: anything else.
 */
export type Weight = 'none' | 'minor' | 'answer' | 'upkeep' | 'work';

/**
 * Something that a person has to know.
 *
 * - `note`: nothing to do.
 * - `doubt`: the reading is less than sure.
 * - `decide`: a question; the reading itself may be sure.
 * - `unread`: a question about a part that was not understood, so the reading is less than sure.
 */
export type Remark = { readonly weight: 'note' | 'doubt' | 'decide' | 'unread'; readonly text: string };

/** The fields that a command and a call of a script have in common. */
type Run = {
  readonly words: readonly KnownText[];
  readonly text: string;
  readonly place: Place;
  readonly when: Formula;
  readonly step: Step;
  /** The step around it that cannot be cut: a pipe, a redirection into a file, a loop. */
  readonly partOf?: Step;
  /** The folder in which it starts, where the line changes it. */
  readonly folder?: KnownText;
  readonly environment: ReadonlyMap<string, KnownText>;
  readonly isBackground: boolean;
  readonly timeoutSeconds?: number;
};

export type Act = Run & { readonly kind: 'act'; readonly weight: Weight; readonly id: number };

export type Call = Run & {
  readonly kind: 'call';
  /** The path of the script in the folder of scripts. */
  readonly script: string;
  readonly events: readonly TraceEvent[];
};

export type TraceEvent =
  | Act
  | Call
  /** `wait`: the commands in the background have ended. */
  | { readonly kind: 'join' }
  | { readonly kind: 'write'; readonly path: KnownText; readonly when: Formula; readonly step: Step }
  | { readonly kind: 'read'; readonly path: KnownText }
  /** A file that the shell reads as a script. */
  | {
      readonly kind: 'source';
      readonly path: KnownText;
      readonly script?: string;
      readonly step: Step;
      readonly when: Formula;
    }
  /** A script takes a date from the clock. */
  | { readonly kind: 'clock'; readonly script: string }
  /** Sleeps before the work. */
  | { readonly kind: 'sleep'; readonly text: string; readonly seconds?: number; readonly when: Formula }
  /** The line ends with an error. */
  | { readonly kind: 'failure'; readonly when: Formula }
  /** A loop without an end. */
  | { readonly kind: 'service'; readonly text: string; readonly when: Formula }
  | ({ readonly kind: 'remark' } & Remark);

/** Lists all events, those inside calls too. */
export const flattened = (events: readonly TraceEvent[]): TraceEvent[] =>
  events.flatMap((event) => (event.kind === 'call' ? [event, ...flattened(event.events)] : [event]));
