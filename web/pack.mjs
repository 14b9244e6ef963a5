// Writes the files of a folder into one C++ file, with what HTTP says about each of them.
// node pack.mjs FOLDER OUTPUT
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
};

function* filesIn(folder) {
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* filesIn(path);
    else yield path;
  }
}

const quoted = (text) => JSON.stringify(text);

function bytes(name, content) {
  const lines = [];
  for (let i = 0; i < content.length; i += 32) {
    lines.push([...content.subarray(i, i + 32)].join(',') + ',');
  }
  return `constexpr unsigned char ${name}[] = {\n${lines.join('\n')}\n};\n`;
}

const [folder, output] = process.argv.slice(2);
let data = '';
const rows = [];
let sent = 0;
for (const path of filesIn(folder)) {
  const type = TYPES[extname(path)];
  if (!type) throw new Error(`${path}: no media type is known for it`);
  const plain = readFileSync(path);
  const shorter = (made) => (made.length < plain.length ? made : null);
  const codings = {
    plain,
    gzip: shorter(gzipSync(plain, { level: 9 })),
    brotli: shorter(
      brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
    ),
  };
  const number = rows.length;
  const views = Object.entries(codings).map(([coding, content]) => {
    if (!content) return '{}';
    const name = `k_${coding}_${number}`;
    data += bytes(name, content);
    return `view(${name}, sizeof ${name})`;
  });
  const name = '/' + relative(folder, path).replaceAll('\\', '/');
  const etag = `"${createHash('sha256').update(plain).digest('hex').slice(0, 32)}"`;
  rows.push(
    `    {${quoted(name)}, ${quoted(type)}, ${quoted(etag)}, ${name.startsWith('/assets/')},\n` +
      `     ${views.join(', ')}},\n`,
  );
  sent += (codings.brotli ?? plain).length;
}
writeFileSync(
  output,
  `// Made by tools/panel.
#include "admin/panel_files.h"

#include <cstddef>

namespace isthmus::admin {

namespace {

${data}
std::string_view view(const unsigned char* from, std::size_t size) {
    return {reinterpret_cast<const char*>(from), size};
}

const PanelFile kFiles[] = {
${rows.join('')}};

}  // namespace

std::span<const PanelFile> panel_data() {
    return kFiles;
}

}  // namespace isthmus::admin
`,
);
console.error(`tools/panel: ${rows.length} files, ${sent} octets as they are sent`);
