/**
 * Colours for what is drawn on a canvas: those of the style sheet, in the theme of this moment.
 */
export type Colour =
  | 'in'
  | 'done'
  | 'wait'
  | 'fail'
  | 'lost'
  | 'other'
  | 'q50'
  | 'q95'
  | 'q99'
  | 'muted'
  | 'line';

const known = new Map<Colour, string>();

export function colour(name: Colour): string {
  const value =
    known.get(name) ?? getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  known.set(name, value);
  return value;
}

/** The same, see-through. @param share how much of it covers what is behind, from 0 to 1. */
export function veil(name: Colour, share: number): string {
  const alpha = Math.round(share * 255);
  return colour(name) + alpha.toString(16).padStart(2, '0');
}

/** @param changed called after the theme has changed; whatever is on a canvas has to be drawn again. */
export function onTheme(changed: () => void): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    known.clear();
    changed();
  });
}
