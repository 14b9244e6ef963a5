// Reads what PowerShell's Export-Clixml has written ([MS-PSRP] §2.2.5), as plain data: nothing in it is
// run or decrypted, no entity but the five of XML is known, and everything has a limit.

/** What a value came to: text, truth, a list, an object; null for <Nil>. */
export type ClixmlValue = string | boolean | null | ClixmlValue[] | ClixmlObject;

export interface ClixmlObject {
  /** Without "Deserialized.", "Selected." and "#Decorated". */
  types: string[];
  /** What ToString said. */
  text: string;
  /** By the name in lower case; adapted properties come before added ones. */
  properties: Map<string, ClixmlValue>;
  /** The names as they are written. */
  names: string[];
}

/** What is wrong, and in which line of the file. */
export class ClixmlFault extends Error {
  constructor(
    readonly reason: 'notClixml' | 'cut' | 'malformed' | 'doctype' | 'deep' | 'large' | 'encoding' | 'reference',
    readonly line: number,
  ) {
    super(`line ${line}: ${reason}`);
  }
}

export const LIMITS = { octets: 64 * 1024 * 1024, depth: 50, elements: 4_000_000 };
const NAMESPACE = 'http://schemas.microsoft.com/powershell/2004/04';

/** UTF-16 by its mark or by its zeros, else UTF-8. */
export function decode(octets: Uint8Array): string {
  if (octets.length > LIMITS.octets) throw new ClixmlFault('large', 1);
  const [first, second] = octets;
  const isLittle = (first === 0xff && second === 0xfe) || (first === 0x3c && second === 0);
  const isBig = (first === 0xfe && second === 0xff) || (first === 0 && second === 0x3c);
  try {
    return new TextDecoder(isLittle ? 'utf-16le' : isBig ? 'utf-16be' : 'utf-8', { fatal: true }).decode(octets);
  } catch {
    throw new ClixmlFault('encoding', 1);
  }
}

interface Node {
  tag: string;
  attributes: Record<string, string>;
  children: Node[];
  text: string;
  line: number;
}

const TOKEN =
  /<\?[^]*?\?>|<!--[^]*?-->|<\/([\w:.-]+)\s*>|<([\w:.-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)/gy;
const ATTRIBUTE = /([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescaped(text: string, line: number): string {
  return text.replace(/&([^;\s]{0,10};?)/g, (_, inside: string) => {
    const name = inside.slice(0, -1);
    const code = /^#(?:x([0-9a-f]+)|(\d+))$/i.exec(name);
    const point = code ? parseInt(code[1] ?? code[2] ?? '', code[1] ? 16 : 10) : 0;
    const known = ENTITIES[name] ?? (point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : undefined);
    if (known === undefined || !inside.endsWith(';')) throw new ClixmlFault('malformed', line);
    return known;
  });
}

function attributesOf(text: string, line: number): Record<string, string> {
  const made: Record<string, string> = {};
  for (const [, name = '', double, single] of text.matchAll(ATTRIBUTE)) {
    if (name in made) throw new ClixmlFault('malformed', line);
    made[name] = unescaped(double ?? single ?? '', line);
  }
  return made;
}

/** The document as a tree. */
function parse(text: string): Node {
  const root: Node = { tag: '', attributes: {}, children: [], text: '', line: 1 };
  const open = [root];
  let line = 1;
  let count = 0;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const token = TOKEN.exec(text);
    if (!token) {
      if (/^<!DOCTYPE/i.test(text.slice(at, at + 9))) throw new ClixmlFault('doctype', line);
      throw new ClixmlFault(text.indexOf('>', at) === -1 ? 'cut' : 'malformed', line);
    }
    const [whole, end, begin, attributes = '', empty, content] = token;
    const top = open.at(-1) ?? root;
    if (end !== undefined) {
      if (top.tag !== end || open.length === 1) throw new ClixmlFault('malformed', line);
      open.pop();
    } else if (begin !== undefined) {
      count += 1;
      if (open.length > LIMITS.depth * 2 + 4) throw new ClixmlFault('deep', line);
      if (count > LIMITS.elements) throw new ClixmlFault('large', line);
      const node: Node = { tag: begin, attributes: attributesOf(attributes, line), children: [], text: '', line };
      top.children.push(node);
      if (!empty) open.push(node);
    } else if (content !== undefined) {
      if (open.length === 1 && content.trim() !== '') throw new ClixmlFault('notClixml', line);
      top.text += unescaped(content, line);
    }
    for (let i = whole.indexOf('\n'); i !== -1; i = whole.indexOf('\n', i + 1)) line += 1;
  }
  if (open.length > 1) throw new ClixmlFault('cut', line);
  const [only] = root.children;
  if (!only || root.children.length > 1) throw new ClixmlFault('notClixml', only ? line : 1);
  return only;
}

/** `_xHHHH_` is a code unit, once, from left to right: "_x005F_x41" is the text "_x41". */
export const decoded = (text: string): string =>
  text
    .replace(/_x([0-9A-Fa-f]{4})_/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
    .replace(/\p{Surrogate}/gu, '\ufffd');

const plainType = (name: string): string =>
  name.replace(/^(?:Deserialized\.|Selected\.)+/, '').replace(/#Decorated$/, '');

const CONTAINERS = ['LST', 'IE', 'QUE', 'STK'];

class Reader {
  #objects = new Map<string, ClixmlObject | ClixmlValue[]>();
  #types = new Map<string, string[]>();

  value(node: Node, depth: number): ClixmlValue {
    if (depth > LIMITS.depth) throw new ClixmlFault('deep', node.line);
    switch (node.tag) {
      case 'Nil':
        return null;
      case 'B':
        return node.text.trim().toLowerCase() === 'true';
      case 'Ref': {
        const known = this.#objects.get(node.attributes['RefId'] ?? '');
        if (known === undefined) throw new ClixmlFault('reference', node.line);
        return known;
      }
      case 'Obj':
        return this.object(node, depth);
      default:
        return decoded(node.text);
    }
  }

  object(node: Node, depth: number): ClixmlValue {
    const made: ClixmlObject = { types: [], text: '', properties: new Map(), names: [] };
    const id = node.attributes['RefId'];
    if (id !== undefined) {
      if (this.#objects.has(id)) throw new ClixmlFault('reference', node.line);
      this.#objects.set(id, made);
    }
    let list: ClixmlValue[] | undefined;
    for (const part of node.children) {
      if (part.tag === 'TN') {
        made.types = part.children.map((one) => plainType(decoded(one.text)));
        this.#types.set(part.attributes['RefId'] ?? '', made.types);
      } else if (part.tag === 'TNRef') {
        const known = this.#types.get(part.attributes['RefId'] ?? '');
        if (!known) throw new ClixmlFault('reference', part.line);
        made.types = known;
      } else if (part.tag === 'ToString') {
        made.text = decoded(part.text);
      } else if (part.tag === 'Props' || part.tag === 'MS') {
        this.#read(part, made, depth);
      } else if (CONTAINERS.includes(part.tag)) {
        list = part.children.map((one) => this.value(one, depth + 1));
      } else if (part.tag !== 'DCT' && made.text === '' && part.children.length === 0) {
        made.text = decoded(part.text);
      }
    }
    if (list && id !== undefined) this.#objects.set(id, list);
    return list ?? made;
  }

  #read(part: Node, made: ClixmlObject, depth: number): void {
    const seen = new Set<string>();
    for (const one of part.children) {
      const name = decoded(one.attributes['N'] ?? '');
      const key = name.toLowerCase();
      if (seen.has(key)) throw new ClixmlFault('malformed', one.line);
      seen.add(key);
      const value = this.value(one, depth + 1);
      if (name === '' || made.properties.has(key)) continue;
      made.properties.set(key, value);
      made.names.push(name);
    }
  }
}

/** The objects of the pipeline, in their order. Throws a ClixmlFault. */
export function readClixml(octets: Uint8Array): ClixmlObject[] {
  const root = parse(decode(octets));
  if (root.tag !== 'Objs' || root.attributes['xmlns'] !== NAMESPACE) throw new ClixmlFault('notClixml', root.line);
  const reader = new Reader();
  const made: ClixmlObject[] = [];
  for (const node of root.children) {
    const value = reader.value(node, 1);
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) made.push(value);
  }
  return made;
}

/** A value as a text: its own, else what it is called. Never what is called by something else again: a
 * file may hold references in circles. */
export function textOf(value: ClixmlValue | undefined): string {
  const own = (one: ClixmlValue | undefined): string =>
    typeof one === 'string' ? one : typeof one === 'boolean' ? (one ? 'True' : 'False') : '';
  if (value === undefined || value === null || typeof value !== 'object') return own(value);
  if (Array.isArray(value)) return value.map(own).join(' ');
  return value.text || own(value.properties.get('friendlyname')) || own(value.properties.get('name'));
}
