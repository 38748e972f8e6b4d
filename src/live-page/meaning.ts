/**
 * The title of a card, which is a button, and what the card means, which the button shows and hides. So a keyboard and
 * a finger reach the meaning; a mouse needs only to point.
 */
import { element } from './element.js';

export interface Meaning {
  readonly heading: HTMLElement;
  /** Hidden until the heading's button is pressed. */
  readonly text: HTMLElement;
}

export function meaning(title: string, hint: string): Meaning {
  const id = `meaning-${title.toLowerCase().replaceAll(' ', '-')}`;
  const text = element('p', { class: 'meaning', id, hidden: '' }, [hint]);
  const sign = element('span', { class: 'sign', 'aria-hidden': 'true' }, ['?']);
  const button = element(
    'button',
    { type: 'button', title: hint, 'aria-expanded': 'false', 'aria-controls': id },
    [title, sign],
  );
  button.addEventListener('click', () => {
    text.hidden = !text.hidden;
    button.setAttribute('aria-expanded', String(!text.hidden));
  });
  return { heading: element('h2', {}, [button]), text };
}
