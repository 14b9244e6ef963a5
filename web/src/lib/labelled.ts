// A table as blocks where there is no room for its columns: each cell says by itself which column it
// is of. The look is in app.css; the head stays for whoever hears the page.

function label(table: HTMLTableElement): void {
  const heads = [...table.querySelectorAll('thead th')].map((one) =>
    one.querySelector('.sr-only') ? '' : (one.textContent?.trim() ?? ''),
  );
  for (const row of table.querySelectorAll('tbody tr')) {
    [...row.children].forEach((cell, at) => {
      const text = heads[at] ?? '';
      if (cell.getAttribute('data-label') !== text && !cell.hasAttribute('colspan')) cell.setAttribute('data-label', text);
    });
  }
}

/** An attachment of a table whose rows may come and go. */
export function labelled(table: HTMLTableElement): () => void {
  const observer = new MutationObserver(() => label(table));
  observer.observe(table, { childList: true, subtree: true, characterData: true });
  label(table);
  return () => observer.disconnect();
}
