import { describe, expect, it } from 'vitest';
import { closest, didYouMean } from '../../configuration/suggestion.ts';

describe('closest', () => {
  it.each([
    ['fils', ['files', 'min'], 'files'],
    ['onOverwite', ['outputs', 'onOverwrite'], 'onOverwrite'],
    ['asia/tokio', ['Asia/Tokyo', 'Asia/Seoul'], 'Asia/Tokyo'],
    ['timeout', ['retry', 'timeoutSeconds'], 'timeoutSeconds'],
    ['Min', ['min'], 'min'],
    ['nim', ['min'], undefined],
    ['retires', ['queue', 'retry'], undefined],
    ['x', ['y'], 'y'],
    ['', ['ab'], undefined],
    ['shop', [], undefined],
    ['horses', ['zebras'], undefined],
  ])('finds for %j among %j the word %j', (word, candidates, found) => {
    expect(closest(word, candidates)).toBe(found);
  });

  it('prefers the candidate that needs fewer changes', () => {
    expect(closest('product', ['produce', 'products'])).toBe('products');
    expect(closest('paremeters', ['parameter', 'parameters'])).toBe('parameters');
  });
});

describe('didYouMean', () => {
  it('suggests a word, or nothing', () => {
    expect(didYouMean('fils', ['files'])).toBe(' (did you mean files?)');
    expect(didYouMean('horses', ['files'])).toBe('');
  });
});
