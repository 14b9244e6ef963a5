import { stored, store } from './stored';

export type Theme = 'system' | 'light' | 'dark';

class Look {
  theme = $state<Theme>('system');
}

export const look = new Look();

function apply(theme: Theme): void {
  look.theme = theme;
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
}

export function startTheme(): void {
  const chosen = stored('theme');
  apply(chosen === 'light' || chosen === 'dark' ? chosen : 'system');
}

export function chooseTheme(theme: Theme): void {
  store('theme', theme === 'system' ? null : theme);
  apply(theme);
}
