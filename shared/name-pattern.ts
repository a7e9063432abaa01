/** Names that a user gives by pattern: `*` stands for any characters, none included. */

/**
 * Tells whether a name fits a pattern as a whole.
 *
 * Takes time in proportion to the two lengths multiplied at worst, however the name was made up.
 */
export const fitsPattern = (name: string, pattern: string): boolean => {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) {
    return name === first;
  }
  const end = name.length - last.length;
  if (!name.startsWith(first) || !name.endsWith(last) || end < first.length) {
    return false;
  }
  // The first place where a part fits leaves the most room for those behind it.
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found === -1 || found + part.length > end) {
      return false;
    }
    at = found + part.length;
  }
  return true;
};
