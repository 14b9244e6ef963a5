// What vite.config.ts makes of src/base/*_codes.cpp.
declare module 'virtual:codes' {
  import type { CodeText } from './locales/de_codes';
  export const enCodes: Record<string, CodeText>;
}
