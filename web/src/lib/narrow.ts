/** There is no room for what is wide: app.css says the same. */
export const isNarrow = (): boolean => matchMedia('(max-width: 40rem)').matches;
