/** Names the conditions that decide only about steps beside the work, such as a file of settings that is read if it is there. */
import { type Formula, literalsOf } from './formula.ts';
import { flattened, type Remark, type TraceEvent } from './trace-events.ts';

type Guarded = { readonly when: Formula; readonly text: string };

const guardedOf = (event: TraceEvent): Guarded[] => {
  if (event.kind === 'source' || event.kind === 'write') {
    return [{ when: event.when, text: event.step.text }];
  }
  return event.kind === 'act' && event.weight !== 'work' ? [{ when: event.when, text: event.text }] : [];
};

const worksOf = (events: readonly TraceEvent[]): Formula[] =>
  events.flatMap((event) => (event.kind === 'act' && event.weight === 'work' ? [event.when] : []));

const firstLine = (text: string): string => text.split('\n')[0]?.slice(0, 80) ?? '';

/** Writes a note for each look at a file that no command of the work depends on. */
export const guardNotes = (events: readonly TraceEvent[]): Remark[] => {
  const flat = flattened(events);
  const known = new Set(worksOf(flat).flatMap((when) => literalsOf(when).map(({ id }) => id)));
  const notes = new Map<string, Remark>();
  for (const { when, text } of flat.flatMap(guardedOf)) {
    for (const { atom, id } of literalsOf(when)) {
      if (atom.kind === 'file' && !known.has(id) && !notes.has(id)) {
        const note = `\`${atom.check.how}\` decides only about \`${firstLine(text)}\`, beside the work: it is not waited for`;
        notes.set(id, { weight: 'note', text: note });
      }
    }
  }
  return [...notes.values()];
};
