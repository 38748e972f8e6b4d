/**
 * Asks for the service's token, and keeps it as long as the tab is open.
 */
import { found } from './element.js';

const key = 'batchflow-token';

export function keptToken(): string | undefined {
  return sessionStorage.getItem(key) ?? undefined;
}

/** @param entered called with each token that is entered. */
export function tokenForm(entered: (token: string) => void): { ask(refused: boolean): void; hide(): void } {
  const form = found<HTMLFormElement>('#token-form');
  const input = found<HTMLInputElement>('#token');
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const token = input.value.trim();
    if (token === '') return;
    sessionStorage.setItem(key, token);
    entered(token);
  });
  return {
    ask(refused) {
      form.hidden = false;
      found('#token-refused').hidden = !refused;
      input.select();
      input.focus();
    },
    hide() {
      form.hidden = true;
      input.value = '';
    },
  };
}
