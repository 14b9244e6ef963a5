import { mount } from 'svelte';
import './app.css';
import App from './App.svelte';
import { startLanguage } from './lib/i18n.svelte';
import { startRouter } from './lib/router.svelte';
import { startTheme } from './lib/theme.svelte';

startTheme();
startRouter();
await startLanguage();

const target = document.getElementById('app');
if (target) mount(App, { target });
